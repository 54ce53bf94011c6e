/** Limits of remote enforcement points. */
import { limit, NO_CURE, NOTHING } from './limit.ts';

export const REMOTE_POINT_LIMITS = {
  point_changes: limit({
    part: 'response',
    value: 500,
    unit: 'addresses',
    tells: 'none',
    what: 'addresses of one call of a remote enforcement point',
    cut: NOTHING,
    cure: NO_CURE,
  }),
  point_call_ms: limit({
    part: 'response',
    value: 30000,
    unit: 'milliseconds',
    tells: 'none',
    what: 'time a call of a remote enforcement point may take',
    cut: 'the call counts as failed and is repeated (POINT_FAILED); no answer waits for it',
    cure: 'look why it is slow',
  }),
  point_retry_ms: limit({
    part: 'response',
    value: 60000,
    unit: 'milliseconds',
    tells: 'none',
    what: 'pause before a remote enforcement point that does not answer is asked again; the first is 1 s, each further one twice as long',
    cut: 'it is told of changes when it answers',
    cure: NO_CURE,
  }),
  point_compare_ms: limit({
    part: 'response',
    value: 600000,
    unit: 'milliseconds',
    tells: 'none',
    what: 'time between two comparisons of a remote enforcement point with the ledger',
    cut: 'what somebody else changed there is put right at the next one',
    cure: NO_CURE,
  }),
  point_addresses: limit({
    part: 'response',
    value: 400000,
    unit: 'addresses',
    tells: 'count',
    what: 'addresses we know a remote enforcement point to have from us',
    cut: 'the oldest were forgotten; where it cannot say what it has, they are not lifted there after a restart',
    cure: 'look why the point does not answer for days',
  }),
} as const;
