/** What the answer of a lane changes in the alert: what it adds, and that it is not waited for any more. */
import { hasClimbed, waitsFor, withWaiting, type Alert } from '@mini-soc/model';
import type { LaneAnswer } from './lane.ts';

/**
 * The alert after these answers; undefined when they change nothing. One that climbed since it was sent
 * goes on waiting for a lane that wants to know.
 */
export function acknowledge(
  answers: readonly LaneAnswer[],
  present: Alert,
  now: Date,
): Alert | undefined {
  let changed: Alert | undefined;
  for (const answer of answers) changed = acknowledgeOne(answer, changed ?? present) ?? changed;
  return changed === undefined ? undefined : { ...changed, updated_at: now.toISOString() };
}

function acknowledgeOne({ lane, sent, receipt }: LaneAnswer, present: Alert): Alert | undefined {
  const waiting = waitsFor(present);
  if (receipt.againAtMs !== undefined)
    return waiting.includes(lane.name) ? receipt.change?.(present) : undefined;
  const isClimbed = lane.againWhenClimbing && hasClimbed(present, sent);
  return withWaiting(
    receipt.change?.(present) ?? present,
    waiting.filter((name) => name !== lane.name || isClimbed),
  );
}
