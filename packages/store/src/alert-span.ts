import type { Alert } from '@mini-soc/model';
import type { AlertSpan } from './store.ts';

/** When the alert's episode was. */
export function spanOfAlert(
  alert: Pick<Alert, 'alert_id' | 'entity' | 'first_seen' | 'last_seen'>,
): AlertSpan {
  return {
    alertId: alert.alert_id,
    entity: alert.entity,
    firstMs: Date.parse(alert.first_seen),
    lastMs: Date.parse(alert.last_seen),
  };
}
