/** Durations as people write them: 30s, 5m, 2h, 7d. */
import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** 100 years: added to any date of our time it is still a date. */
const LONGEST_MS = 36_500 * 86_400_000;

/** Milliseconds of a duration such as `90s`; undefined when it is none or over 36,500 days. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * (UNIT_MS[match[2] as string] as number);
  return ms <= LONGEST_MS ? ms : undefined;
}

/** Shortest text of a duration in whole units: 90000 → "90s". */
export function formatDuration(durationMs: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = UNIT_MS[unit] as number;
    if (durationMs >= size && durationMs % size === 0) return `${durationMs / size}${unit}`;
  }
  return `${durationMs}ms`;
}

/** Schema: text such as `5m` in, milliseconds out. */
export const durationSchema = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined) {
    context.addIssue({ code: 'custom', message: 'Expected a duration such as 30s, 5m or 2h' });
    return z.NEVER;
  }
  return ms;
});
