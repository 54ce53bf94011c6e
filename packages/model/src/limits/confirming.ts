/** Limits of what confirms lines that any account could write. */
import { limit, NO_CURE } from './limit.ts';

export const CONFIRMING_LIMITS = {
  connections_remembered: limit({
    part: 'tailer',
    value: 100000,
    unit: 'connections',
    tells: 'none',
    what: 'connections remembered, by which lines that any account could write are confirmed',
    cut: 'the oldest are forgotten; those that are open are seen again',
    cure: NO_CURE,
  }),
  connections_remembered_ms: limit({
    part: 'tailer',
    value: 300000,
    unit: 'milliseconds',
    tells: 'none',
    what: 'time for which a connection that is over still confirms lines',
    cut: 'later lines are not confirmed by it (flag "not_connected")',
    cure: NO_CURE,
  }),
  lines_of_other_format: limit({
    part: 'tailer',
    value: 1000,
    unit: 'lines',
    tells: 'none',
    what: 'lines of a file that are not understood in its format and tried in all others, to be able to say so',
    cut: 'further ones are counted as not understood',
    cure: NO_CURE,
  }),
} as const;
