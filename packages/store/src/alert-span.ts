import { waitsFor, type Alert, type WaitingFields } from '@mini-soc/model';
import type { AlertSpan, WaitingAlert } from './store.ts';

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

/** As much of the alert as says when its turn is. */
export function waitingOf(
  alert: Pick<Alert, 'alert_id' | 'severity' | 'late' | '@timestamp'> & WaitingFields,
): WaitingAlert {
  return {
    alertId: alert.alert_id,
    severity: alert.severity,
    late: alert.late,
    ms: Date.parse(alert['@timestamp']),
    waitsFor: waitsFor(alert),
  };
}
