/** The page's event stream: the overview, whenever it has changed; one reader however many watch. */
import type { ServerResponse } from 'node:http';
import { LIMITS, type LimitListener } from '@mini-soc/model';
import { createEventStream } from '@mini-soc/service-kit';
import type { Overview } from './read-overview.ts';

export interface LiveFeed {
  /** False when too many watch already. */
  readonly add: (client: ServerResponse) => boolean;
  readonly size: () => number;
  readonly close: () => void;
}

const EVERY_MS = 1000;

export function createLiveFeed(
  read: () => Promise<Overview>,
  onError: (error: unknown) => void,
  onLimit: LimitListener,
): LiveFeed {
  let last = '';
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;
  const stopReading = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const stream = createEventStream({
    mostClients: LIMITS.console_clients.value,
    mostUnreadBytes: LIMITS.console_bytes.value,
    limits: { clients: 'console_clients', bytes: 'console_bytes' },
    onLimit,
    onEmpty: stopReading,
  });

  const tick = async (): Promise<void> => {
    if (isReading || stream.size() === 0) return;
    isReading = true;
    try {
      const overview = JSON.stringify(await read());
      if (overview !== last) {
        last = overview;
        stream.send({ name: 'overview', data: overview });
      }
    } catch (error) {
      onError(error);
    } finally {
      isReading = false;
    }
  };

  return {
    add(client) {
      if (!stream.add(client)) return false;
      // Whoever comes is told at once.
      last = '';
      timer ??= setInterval(() => void tick(), EVERY_MS);
      void tick();
      return true;
    },
    size: stream.size,
    close() {
      stopReading();
      stream.close();
    },
  };
}
