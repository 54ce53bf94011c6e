/**
 * For which lanes of the outbox an alert waits: read here, and written here. `waits_for` names them, and
 * the two oldest lanes stand besides in a field of their own, which people read and earlier versions of
 * the product write. Those versions carry `waits_for` along as they found it: where it and such a field
 * disagree, one of them wrote last, and the field counts. So alerts of before need no migration.
 */
import type { Alert } from './alert.ts';

export const RESPONSE_LANE = 'response';
export const ENRICHMENT_LANE = 'enrichment';

/** As much of an alert as says for which lanes it waits. */
export interface WaitingFields extends Pick<Alert, 'waits_for' | 'response' | 'enriched'> {
  readonly details?: Pick<Alert['details'], 'merged_into'>;
}

/** Lanes that have not acknowledged the alert; none for an alert that another one took in. */
export function waitsFor(alert: WaitingFields): readonly string[] {
  if (alert.details?.merged_into !== undefined) return [];
  return [
    ...(alert.response.state === 'pending' ? [RESPONSE_LANE] : []),
    ...(alert.enriched ? [] : [ENRICHMENT_LANE]),
    ...(alert.waits_for ?? []).filter((name) => name !== RESPONSE_LANE && name !== ENRICHMENT_LANE),
  ];
}

/** The alert as it waits for these lanes and no others. */
export function withWaiting(alert: Alert, lanes: readonly string[]): Alert {
  const { response } = alert;
  const state = response.state === 'pending' ? 'done' : response.state;
  return {
    ...alert,
    waits_for: [...new Set(lanes)],
    enriched: !lanes.includes(ENRICHMENT_LANE),
    response: { ...response, state: lanes.includes(RESPONSE_LANE) ? 'pending' : state },
  };
}
