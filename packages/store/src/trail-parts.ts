/** What both stores that keep documents ask for to tell which blocks are in force. */
import type { Block } from '@mini-soc/model';

/** Entries that begin, prolong or end a block. */
export const KINDS_IN_FORCE = [
  'blocked',
  'extended',
  'unblocked',
  'expired',
] as const satisfies readonly Block['kind'][];

/** Of an entry, and of its details: not the copy of the alert's, which is long. */
export const TRAIL_PARTS = [
  '@timestamp',
  'block_id',
  'kind',
  'alert_id',
  'source_ip',
  'rule_name',
  'severity',
  'action_taken',
  'expires_at',
] as const satisfies readonly (keyof Block)[];
export const TRAIL_DETAILS = ['reason', 'decision_reason', 'decisions'] as const;
