/** Cycles, one after the other: of all rules when one of those who asked for it wants that, else of those that wait. */
import type { CycleReport, CycleScope } from '@mini-soc/detect';
import { createSingleFlight } from './single-flight.ts';

export interface CycleRuns {
  /** Report of the first cycle of all rules that begins after this call. */
  readonly ofAll: () => Promise<CycleReport>;
  /** Of the first cycle that begins after this call. */
  readonly ofWaiting: () => Promise<CycleReport>;
  /** Resolves when nothing runs or waits; never rejects. */
  readonly settled: () => Promise<void>;
}

export function createCycleRuns(work: (scope: CycleScope) => Promise<CycleReport>): CycleRuns {
  let scope: CycleScope = 'waiting';
  const flight = createSingleFlight(() => {
    const ofThis = scope;
    scope = 'waiting';
    return work(ofThis);
  });
  return {
    ofAll: () => {
      scope = 'all';
      return flight.run();
    },
    ofWaiting: flight.run,
    settled: flight.settled,
  };
}
