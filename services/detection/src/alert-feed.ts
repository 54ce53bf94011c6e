/** The stream of alerts to those who watch, one line of JSON each. */
import type { ServerResponse } from 'node:http';
import { LIMITS, type Alert, type LimitListener } from '@mini-soc/model';
import { createEventStream } from '@mini-soc/service-kit';

export interface AlertFeed {
  readonly publish: (alert: Alert) => void;
  /** False when too many watch already. */
  readonly add: (client: ServerResponse) => boolean;
  readonly size: () => number;
  /** Ends all streams. */
  readonly close: () => void;
}

export function createAlertFeed(onLimit: LimitListener): AlertFeed {
  const { add, send, size, close } = createEventStream({
    mostClients: LIMITS.stream_clients.value,
    mostUnreadBytes: LIMITS.stream_bytes.value,
    limits: { clients: 'stream_clients', bytes: 'stream_bytes' },
    onLimit,
  });
  return {
    publish: (alert) => {
      if (size() > 0) send({ name: 'alert', id: alert.alert_id, data: JSON.stringify(alert) });
    },
    add,
    size,
    close,
  };
}
