/** What the process knows of where it runs: commands have it, and the pipeline. */
export interface ProcessFacts {
  readonly rulesDirectory: string;
  readonly webDirectory: string;
  /** services/enricher, with the libraries for vectors and the page of the graph. */
  readonly enricherDirectory: string;
  readonly now: () => Date;
  /** CLOCK_MONOTONIC, milliseconds: with it, setting the wall clock ends no block over a restart. */
  readonly monotonicMs: () => number;
  readonly pid: number;
  /** Who runs it; undefined where users have no numbers. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** What the process may use, bytes; infinite where nothing limits it. */
  readonly memoryBytes?: number;
}
