/** What the product knows of itself. Made before any part that tells it something or shows it. */
import type { Alert } from '@mini-soc/model';
import { createChannel, Registry, type Channel, type Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { createProductAlerts, type ProductAlerts } from './product-alert.ts';
import { createLimitReporter, type LimitReporter } from './report-limit.ts';

export interface SelfMonitoring {
  /** Where detection and its host count; /metrics of detection shows all of it. */
  readonly registry: Registry;
  readonly productAlerts: ProductAlerts;
  /** Any part of the process reports here what it cut, having counted it itself: an alert may follow. */
  readonly limits: LimitReporter;
  /** The alerts about the product as they are stored, new or changed. */
  readonly alerts: Pick<Channel<Alert>, 'subscribe'>;
}

export interface SelfMonitoringOptions {
  readonly store: Store;
  readonly now: () => Date;
  readonly logger: Logger;
}

export function createSelfMonitoring(options: SelfMonitoringOptions): SelfMonitoring {
  const { now } = options;
  const alerts = createChannel<Alert>();
  const productAlerts = createProductAlerts({ ...options, onAlert: alerts.publish });
  return {
    registry: new Registry(),
    productAlerts,
    limits: createLimitReporter({ alerts: productAlerts, now }),
    alerts,
  };
}
