import type { Alert, LimitListener } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import type { Enricher, Responder } from './http-ports.ts';

/** What the outbox works with. */
export interface DispatchOptions {
  readonly store: Store;
  readonly responder: Responder;
  readonly enricher: Enricher;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly onAlert: (alert: Alert) => void;
  readonly onLimit?: LimitListener;
}
