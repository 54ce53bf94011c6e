/** How a thing ended that an event tells of. */
export const EVENT_STATUSES = [
  'failure',
  'success',
  'executed',
  'info',
  'blocked',
  'allowed',
] as const;
