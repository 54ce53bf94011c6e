/** What all events have: the line, the host, the time. */
import { describeCommandOf } from './command-facts.ts';
import { addFlag, type Draft } from './draft.ts';
import type { ParseContext } from './parse-context.ts';
import { formatTime, MAX_AHEAD_MS } from './timestamp.ts';

export function newDraft(line: string): Draft {
  return { '@timestamp': '', message: line, log_type: 'system', action: '', status: 'info' };
}

export function withHost(draft: Draft, context: ParseContext): Draft {
  if (draft.hostname === undefined && context.defaultHostname !== undefined)
    draft.hostname = context.defaultHostname;
  return draft;
}

/**
 * Sets the time: the line's own, or arrival when it has none, names none that exists, or is further
 * ahead than clocks drift. Old times stay: a log that is read later is no fault of its clock.
 */
export function finish(draft: Draft, ownMs: number | undefined, context: ParseContext): Draft {
  const timeMs = ownMs === undefined || ownMs !== ownMs ? context.writtenMs : ownMs;
  if (timeMs === undefined || timeMs !== timeMs) {
    draft['@timestamp'] = formatTime(context.arrivalMs);
    addFlag(draft, 'no_timestamp');
  } else if (timeMs > context.arrivalMs + MAX_AHEAD_MS || timeMs < 0) {
    draft['@timestamp'] = formatTime(context.arrivalMs);
    addFlag(draft, 'clock_skew');
  } else draft['@timestamp'] = formatTime(timeMs);
  if (draft.command !== undefined) describeCommandOf(draft);
  return draft;
}
