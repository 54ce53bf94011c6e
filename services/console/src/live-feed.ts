/** The page's event stream: the overview, whenever it has changed; one reader however many watch. */
import type { ServerResponse } from 'node:http';
import { LIMITS, type LimitListener } from '@mini-soc/model';
import type { Overview } from './read-overview.ts';

export interface LiveFeed {
  /** False when too many watch already. */
  readonly add: (client: ServerResponse) => boolean;
  readonly size: () => number;
  readonly close: () => void;
}

const MAX_CLIENTS = LIMITS.console_clients.value;
const EVERY_MS = 1000;
const HEARTBEAT_TICKS = 15;
/** A client that has not read this much is let go; its browser comes back. */
const MAX_UNREAD_BYTES = LIMITS.console_bytes.value;

export function createLiveFeed(
  read: () => Promise<Overview>,
  onError: (error: unknown) => void,
  onLimit?: LimitListener,
): LiveFeed {
  const clients = new Set<ServerResponse>();
  let last = '';
  let ticks = 0;
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;

  const send = (client: ServerResponse, text: string): void => {
    if (client.writableLength > MAX_UNREAD_BYTES) {
      onLimit?.('console_bytes');
      client.destroy();
    } else client.write(text);
  };

  const tick = async (): Promise<void> => {
    if (isReading || clients.size === 0) return;
    isReading = true;
    try {
      const overview = JSON.stringify(await read());
      ticks += 1;
      if (overview !== last) {
        last = overview;
        for (const client of clients) send(client, `event: overview\ndata: ${overview}\n\n`);
      } else if (ticks % HEARTBEAT_TICKS === 0)
        for (const client of clients) send(client, ': still here\n\n');
    } catch (error) {
      onError(error);
    } finally {
      isReading = false;
    }
  };

  return {
    add(client) {
      if (clients.size >= MAX_CLIENTS) {
        onLimit?.('console_clients');
        return false;
      }
      clients.add(client);
      client.on('close', () => {
        clients.delete(client);
        if (clients.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      });
      last = '';
      timer ??= setInterval(() => void tick(), EVERY_MS);
      void tick();
      return true;
    },
    size: () => clients.size,
    close() {
      clearInterval(timer);
      for (const client of clients) client.end();
    },
  };
}
