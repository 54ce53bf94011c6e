/** Server-sent events to those who watch: bounded in number and in what waits for each. */
import type { ServerResponse } from 'node:http';
import type { LimitListener, LimitName } from '@mini-soc/model';

export interface EventStream {
  /** Begins a stream. False when too many watch already: then nothing was written. */
  readonly add: (client: ServerResponse) => boolean;
  /**
   * Sends an event to all. `data` is one line, such as JSON, which has no raw line breaks: a value can never
   * begin an event of its own.
   */
  readonly send: (event: {
    readonly name: string;
    readonly id?: string;
    readonly data: string;
  }) => void;
  readonly size: () => number;
  /** Ends all streams. */
  readonly close: () => void;
}

export interface EventStreamOptions {
  readonly mostClients: number;
  /** A client that does not read is let go when this much waits for it; its browser comes back. */
  readonly mostUnreadBytes: number;
  /** Names under which the two are counted. */
  readonly limits: { readonly clients: LimitName; readonly bytes: LimitName };
  readonly onLimit: LimitListener;
  /** The last client has gone. */
  readonly onEmpty?: () => void;
}

/** What an answer begins with that is a stream. */
export const EVENT_STREAM_HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
} as const;

const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it comes back. */
const RETRY_MS = 2000;

export function createEventStream(options: EventStreamOptions): EventStream {
  const { limits, onLimit } = options;
  const clients = new Set<ServerResponse>();
  let heartbeat: NodeJS.Timeout | undefined;
  const remove = (client: ServerResponse): void => {
    if (!clients.delete(client) || clients.size > 0) return;
    clearInterval(heartbeat);
    heartbeat = undefined;
    options.onEmpty?.();
  };
  const sendAll = (text: string): void => {
    for (const client of clients) {
      if (client.destroyed || client.writableLength > options.mostUnreadBytes) {
        if (!client.destroyed) onLimit(limits.bytes);
        remove(client);
        client.destroy();
      } else client.write(text);
    }
  };
  return {
    add: (client) => {
      if (clients.size >= options.mostClients) {
        onLimit(limits.clients);
        return false;
      }
      clients.add(client);
      client.on('close', () => remove(client));
      client.on('error', () => remove(client));
      client.writeHead(200, EVENT_STREAM_HEAD);
      client.write(`retry: ${RETRY_MS}\n\n`);
      client.socket?.setNoDelay(true);
      heartbeat ??= setInterval(() => sendAll(': still here\n\n'), HEARTBEAT_MS);
      heartbeat.unref();
      return true;
    },
    send: ({ name, id, data }) => {
      if (clients.size > 0)
        sendAll(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`);
    },
    size: () => clients.size,
    close: () => {
      for (const client of clients) client.end();
      clients.clear();
      clearInterval(heartbeat);
      heartbeat = undefined;
    },
  };
}
