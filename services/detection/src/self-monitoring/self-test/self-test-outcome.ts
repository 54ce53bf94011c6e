/** What a run of the self-test came to, stage by stage. */

export const SELF_TEST_STAGES = ['read', 'parse', 'store', 'detect', 'enrich', 'respond'] as const;
export type SelfTestStage = (typeof SELF_TEST_STAGES)[number];

/** Who reads the log file of the self-test. */
export interface SelfTestReader {
  /** As people call it. */
  readonly name: string;
  /** What to look at when it did not read. */
  readonly advice: string;
}

export interface BrokenStage {
  readonly stage: SelfTestStage;
  /** As people call it. */
  readonly name: string;
  /** What did not happen, and what to do. */
  readonly why: string;
}

export interface SelfTestOutcome {
  readonly at: Date;
  readonly tookMs: number;
  /** Seconds from the writing of the lines, for each stage that was passed. */
  readonly seconds: ReadonlyMap<SelfTestStage, number>;
  /** Empty when all was passed. */
  readonly broken: readonly BrokenStage[];
}
