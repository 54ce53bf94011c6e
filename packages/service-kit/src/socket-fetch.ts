/** A fetch that reaches one service over a unix socket, whatever host the address names. */
import { Agent, fetch as fetchThrough, type RequestInit } from 'undici';
import type { Fetch } from './fetch.ts';

export function createSocketFetch(socketPath: string): Fetch {
  const dispatcher = new Agent({ connect: { socketPath }, keepAliveTimeout: 1000 });
  // The same interface, declared once by Node and once by undici.
  return (async (input: string | URL, init: RequestInit = {}) =>
    fetchThrough(input, { ...init, dispatcher })) as unknown as Fetch;
}
