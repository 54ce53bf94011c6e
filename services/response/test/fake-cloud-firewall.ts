/**
 * A stand-in for the firewall of a cloud, since there is no real remote point yet: a real HTTP server with a
 * list of addresses, which a test takes down, makes forget its answer, or gives too few places. Beside it
 * the point that speaks to it, written as a real one would be.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseIpAddress, type IpAddress } from '@mini-soc/model';
import { requestJson } from '@mini-soc/service-kit';
import { z } from 'zod';
import type { RemoteBlocker, RemotePoint } from '../src/enforce/point.ts';

const changesSchema = z.strictObject({
  block: z.array(z.string()),
  free: z.array(z.string()),
});
const refusalsSchema = z.array(z.strictObject({ address: z.string(), reason: z.string() }));

export interface FakeCloudFirewall {
  readonly url: () => string;
  /** What it holds; a test may change it as a person would at the cloud's console. */
  readonly held: Set<string>;
  /** Each call that arrived, in order. */
  readonly calls: { readonly block: readonly string[]; readonly free: readonly string[] }[];
  /** Calls that arrived, whether or not they were taken up. */
  arrived: number;
  /** Addresses it has room for. */
  places: number;
  /** The next so many calls are carried out, but the connection is cut before the answer. */
  lostAnswers: number;
  /** Calls are taken up when it resolves. */
  busy: Promise<void> | undefined;
  /** Nothing listens on its port any more. */
  readonly goDown: () => Promise<void>;
  /** It listens again, where it did before, with what it held. */
  readonly comeUp: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startCloudFirewall(): Promise<FakeCloudFirewall> {
  let server: Server | undefined;
  let port = 0;
  const firewall: FakeCloudFirewall = {
    url: () => `http://127.0.0.1:${port}`,
    held: new Set(),
    calls: [],
    arrived: 0,
    places: Number.POSITIVE_INFINITY,
    lostAnswers: 0,
    busy: undefined,
    async goDown() {
      const old = server;
      server = undefined;
      if (old === undefined) return;
      old.closeAllConnections();
      await new Promise((resolve) => old.close(resolve));
    },
    async comeUp() {
      server = listen();
      const opened = server;
      await new Promise<void>((resolve) => opened.listen(port, '127.0.0.1', resolve));
      port = (opened.address() as AddressInfo).port;
    },
    close: () => firewall.goDown(),
  };
  const carryOut = (text: string): readonly { address: string; reason: string }[] => {
    const { block, free } = changesSchema.parse(JSON.parse(text));
    firewall.calls.push({ block, free });
    for (const address of free) firewall.held.delete(address);
    const refused = [];
    for (const address of block) {
      if (firewall.held.has(address) || firewall.held.size < firewall.places)
        firewall.held.add(address);
      else refused.push({ address, reason: `It has ${firewall.places} places` });
    }
    return refused;
  };
  const respond = async (
    method: string | undefined,
    text: string,
    response: ServerResponse,
  ): Promise<void> => {
    firewall.arrived += 1;
    await firewall.busy;
    const answer = method === 'GET' ? [...firewall.held] : carryOut(text);
    if (firewall.lostAnswers > 0 && method !== 'GET') {
      firewall.lostAnswers -= 1;
      response.destroy();
      return;
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  };
  const listen = (): Server =>
    createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      request.on('end', () => void respond(request.method, text, response));
    });
  await firewall.comeUp();
  return firewall;
}

/** Speaks to it; one that cannot list is one that only takes orders, as a webhook. */
export function cloudBlocker(url: () => string, canList = true): RemoteBlocker {
  const access = { token: '', timeoutMs: 5000 };
  return {
    async apply(changes) {
      const free = changes.filter(({ kind }) => kind === 'lift').map(({ address }) => address);
      const block = changes.filter(({ kind }) => kind !== 'lift').map(({ address }) => address);
      const refused = await requestJson(`${url()}/changes`, {
        ...access,
        method: 'POST',
        body: { block, free },
        answer: refusalsSchema,
      });
      return refused.map(({ address, reason }) => ({ address: address as IpAddress, reason }));
    },
    ...(canList
      ? {
          async list() {
            const texts = await requestJson(`${url()}/addresses`, {
              ...access,
              answer: z.array(z.string()),
            });
            return texts.flatMap((text) => parseIpAddress(text) ?? []);
          },
        }
      : {}),
  };
}

export function cloudPoint(name: string, url: () => string): RemotePoint {
  return { kind: 'remote', name, open: async () => cloudBlocker(url) };
}
