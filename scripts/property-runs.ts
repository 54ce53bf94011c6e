/**
 * How many random cases a property is tried with. Its file names the full number; `npm test`, which people
 * wait for, tries a fifth of it, `.ci/run` and the integration tests all: PROPERTY_RUNS_PERCENT says how
 * much, also more than all. Every run has a seed of its own, which fast-check prints with a failure.
 */
import process from 'node:process';

const PROPERTY_RUNS_PERCENT = process.env['PROPERTY_RUNS_PERCENT'] ?? '20';
/** So few cases of a slow property still differ from each other. */
const FEWEST = 4;

/**
 * The number of cases to try of `full`, at least 4 unless `full` itself is less. Throws RangeError when
 * `percent` is not a number above 0.
 */
export function propertyRuns(full: number, percent = PROPERTY_RUNS_PERCENT): number {
  const share = Number(percent) / 100;
  if (!(share > 0 && share < Infinity))
    throw new RangeError(
      `PROPERTY_RUNS_PERCENT must be a number above 0: current value is "${percent}"`,
    );
  return Math.max(Math.min(full, FEWEST), Math.ceil(full * share));
}
