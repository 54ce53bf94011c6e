/** Limits that cut something, counted: one series for each name of the table, whatever the service. */
import {
  countedLimits,
  LIMITS,
  type Limit,
  type LimitListener,
  type LimitName,
  type LimitPart,
} from '@mini-soc/model';
import { Counter, type Registry } from 'prom-client';

const NAME = 'soc_limit_hits_total';

/**
 * Counts under `soc_limit_hits_total{limit}` and tells the others. All limits of the parts
 * are there from the start, with 0; a second call for the same registry adds its parts.
 */
export function createLimitCounter(
  registry: Registry,
  parts: readonly LimitPart[],
  ...others: readonly LimitListener[]
): LimitListener {
  const present = registry.getSingleMetric(NAME);
  const counter =
    present instanceof Counter
      ? present
      : new Counter({
          name: NAME,
          help: 'How often a limit cut something; docs/limits.md says what that means',
          labelNames: ['limit'],
          registers: [registry],
        });
  for (const limit of countedLimits(parts)) counter.inc({ limit }, 0);
  return (name, times = 1) => {
    counter.inc({ limit: countedName(name) }, times);
    for (const tell of others) tell(name, times);
  };
}

/** The name a limit is counted under: often its own. */
export function countedName(name: LimitName): string {
  const entry: Limit = LIMITS[name];
  return entry.countedAs ?? name;
}
