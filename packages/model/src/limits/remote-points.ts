/** Limits of remote enforcement points. */
import { limit, NO_CURE, NOTHING } from './limit.ts';

export const REMOTE_POINT_LIMITS = {
  point_changes: limit(
    'response',
    500,
    'addresses',
    'none',
    'addresses of one call of a remote enforcement point',
    NOTHING,
    NO_CURE,
  ),
  point_call_ms: limit(
    'response',
    30000,
    'milliseconds',
    'none',
    'time a call of a remote enforcement point may take',
    'the call counts as failed and is repeated (POINT_FAILED); no answer waits for it',
    'look why it is slow',
  ),
  point_retry_ms: limit(
    'response',
    60000,
    'milliseconds',
    'none',
    'pause before a remote enforcement point that does not answer is asked again; the first is 1 s, each further one twice as long',
    'it is told of changes when it answers',
    NO_CURE,
  ),
  point_compare_ms: limit(
    'response',
    600000,
    'milliseconds',
    'none',
    'time between two comparisons of a remote enforcement point with the ledger',
    'what somebody else changed there is put right at the next one',
    NO_CURE,
  ),
  point_addresses: limit(
    'response',
    400000,
    'addresses',
    'count',
    'addresses we know a remote enforcement point to have from us',
    'the oldest were forgotten; where it cannot say what it has, they are not lifted there after a restart',
    'look why the point does not answer for days',
  ),
} as const;
