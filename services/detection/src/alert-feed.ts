/** The stream of alerts to those who watch: server-sent events, one line of JSON each, bounded. */
import type { ServerResponse } from 'node:http';
import { LIMITS, type Alert, type LimitListener } from '@mini-soc/model';

export interface AlertFeed {
  readonly publish: (alert: Alert) => void;
  /** False when too many watch already. */
  readonly add: (response: ServerResponse) => boolean;
  readonly size: () => number;
  /** Ends all streams. */
  readonly close: () => void;
}

const MAX_CLIENTS = LIMITS.stream_clients.value;
/** A client that does not read is let go when this much waits for it. */
const MAX_BUFFERED_BYTES = LIMITS.stream_bytes.value;
const HEARTBEAT_MS = 15_000;

export function createAlertFeed(onLimit?: LimitListener): AlertFeed {
  const clients = new Set<ServerResponse>();
  let heartbeat: NodeJS.Timeout | undefined;
  const remove = (client: ServerResponse): void => {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(heartbeat);
    heartbeat = undefined;
  };
  const sendAll = (text: string): void => {
    for (const client of clients) {
      if (client.destroyed || client.writableLength > MAX_BUFFERED_BYTES) {
        if (!client.destroyed) onLimit?.('stream_bytes');
        remove(client);
        client.destroy();
      } else client.write(text);
    }
  };
  return {
    publish: (alert) => {
      // JSON has no raw line breaks: a value can never begin an event of its own.
      if (clients.size > 0)
        sendAll(`id: ${alert.alert_id}\nevent: alert\ndata: ${JSON.stringify(alert)}\n\n`);
    },
    add: (client) => {
      if (clients.size >= MAX_CLIENTS) {
        onLimit?.('stream_clients');
        return false;
      }
      clients.add(client);
      client.on('close', () => remove(client));
      client.on('error', () => remove(client));
      heartbeat ??= setInterval(() => sendAll(': still here\n\n'), HEARTBEAT_MS);
      heartbeat.unref();
      return true;
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
