/** Kinds of log, and how what happened can end. */

export const LOG_TYPES = [
  'auth',
  'command',
  'web',
  'firewall',
  'network',
  'windows',
  'system',
] as const;
export const EVENT_STATUSES = [
  'failure',
  'success',
  'executed',
  'info',
  'blocked',
  'allowed',
] as const;
