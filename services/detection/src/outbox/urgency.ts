import { compareSeverity, type Alert } from '@mini-soc/model';
import type { WaitingAlert } from '@mini-soc/store';

/** As much of an alert as says whose turn is first. */
export type Urgency = Pick<WaitingAlert, 'late' | 'severity' | 'ms'>;

export function urgencyOf({ late, severity, '@timestamp': time }: Alert): Urgency {
  return { late, severity, ms: Date.parse(time) };
}

/** Those that may still be blocked first, the most severe of them first, then the oldest. */
export function byUrgency(a: Urgency, b: Urgency): number {
  return Number(a.late) - Number(b.late) || compareSeverity(b.severity, a.severity) || a.ms - b.ms;
}
