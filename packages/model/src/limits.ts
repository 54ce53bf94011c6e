/**
 * Every limit of the product, once: its number, its unit, what happens to what is beyond it, and the
 * cure. `docs/limits.md` is generated from this table; the parts take their numbers from it. Numbers
 * that a setting gives name the setting. Nothing but this table is imported, so that any part can have it.
 */
import { ACCESS_LIMITS } from './limits/access.ts';
import { ANSWERING_LIMITS } from './limits/answering.ts';
import { CONFIRMING_LIMITS } from './limits/confirming.ts';
import { DETECTION_LIMITS } from './limits/detection.ts';
import type { Limit, LimitPart } from './limits/limit.ts';
import { PAST_LIMITS } from './limits/past.ts';
import { PROTECTING_LIMITS } from './limits/protecting.ts';
import { READING_LIMITS } from './limits/reading.ts';
import { REMOTE_POINT_LIMITS } from './limits/remote-points.ts';
import { SENSOR_LIMITS } from './limits/sensors.ts';

export type { Limit, LimitPart, LimitTells } from './limits/limit.ts';

export const LIMITS = {
  ...READING_LIMITS,
  ...CONFIRMING_LIMITS,
  ...DETECTION_LIMITS,
  ...PAST_LIMITS,
  ...ANSWERING_LIMITS,
  ...ACCESS_LIMITS,
  ...SENSOR_LIMITS,
  ...PROTECTING_LIMITS,
  ...REMOTE_POINT_LIMITS,
} as const;

export type LimitName = keyof typeof LIMITS;

/** Told each time a limit cuts something; must return at once and never throw. */
export type LimitListener = (name: LimitName, times?: number) => void;

/** For who has nobody to tell: a test, a bench. */
export const ignoreLimits: LimitListener = () => undefined;

export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

/** Names under which limits of these parts are counted. */
export function countedLimits(parts: readonly LimitPart[]): readonly LimitName[] {
  return LIMIT_NAMES.filter((name) => {
    const entry: Limit = LIMITS[name];
    return (
      parts.indexOf(entry.part) >= 0 && entry.tells !== 'none' && entry.countedAs === undefined
    );
  });
}
