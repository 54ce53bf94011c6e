/** What the product knows of itself. Made before any part that tells it something or shows it. */
import type { Alert } from '@mini-soc/model';
import { createChannel, Registry, type Channel, type Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import {
  createProductAlerts,
  type ProductAlertOptions,
  type ProductAlerts,
} from './product-alert.ts';
import { createLimitReporter, type LimitReporter } from './report-limit.ts';

export interface SelfMonitoring {
  /** Where detection and its host count; /metrics of detection shows all of it. */
  readonly registry: Registry;
  readonly productAlerts: ProductAlerts;
  /** Any part of the process reports here what it cut, having counted it itself: an alert may follow. */
  readonly limits: LimitReporter;
  /** The alerts about the product as they are stored, new or changed. */
  readonly alerts: Pick<Channel<Alert>, 'subscribe'>;
  /** What is raised before is stored now. */
  readonly connect: (onward: Onward) => void;
}

/** Where alerts about the product go on from the store. */
export type Onward = Pick<ProductAlertOptions, 'lanesFor' | 'onStored'>;

export interface SelfMonitoringOptions {
  readonly store: Store;
  readonly now: () => Date;
  readonly logger: Logger;
}

export function createSelfMonitoring(options: SelfMonitoringOptions): SelfMonitoring {
  const { now } = options;
  const alerts = createChannel<Alert>();
  let connected: (alerts: ProductAlerts) => void = () => undefined;
  const present = new Promise<ProductAlerts>((resolve) => {
    connected = resolve;
  });
  const productAlerts: ProductAlerts = {
    raise: async (finding) => (await present).raise(finding),
    close: async (ruleId) => (await present).close(ruleId),
  };
  return {
    registry: new Registry(),
    productAlerts,
    limits: createLimitReporter({ alerts: productAlerts, now }),
    alerts,
    connect: (onward) =>
      connected(createProductAlerts({ ...options, ...onward, onAlert: alerts.publish })),
  };
}
