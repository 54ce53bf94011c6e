/** Limits that an alert's samples have reached: the alert shows a part, and says how much there was. */
import { LIMITS, type Alert, type LimitName } from '@mini-soc/model';

/** Names to count; none for an alert that shows everything. */
export function limitsOfAlert(alert: Alert): readonly LimitName[] {
  const { evidence, usernames, hostnames, commands } = alert.details;
  const lists = [usernames, hostnames, commands];
  return [
    ...(evidence.length === LIMITS.evidence_events.value && alert.event_count > evidence.length
      ? (['evidence_events'] as const)
      : []),
    ...(evidence.some(({ message }) => message.length === LIMITS.message_characters.value)
      ? (['message_characters'] as const)
      : []),
    ...(lists.some((names) => names?.length === LIMITS.names_listed.value)
      ? (['names_listed'] as const)
      : []),
  ];
}
