/** The self-test in plain sentences: which stage did not answer, and what to do about it. */
import type { SelfTestOutcome, SelfTestReader, SelfTestStage } from './self-test-outcome.ts';

export interface BrokenFacts {
  readonly reader: SelfTestReader;
  /** What was heard of the stage instead. */
  readonly fault: string | undefined;
  /** Whether the rule that must answer is there and enabled. */
  readonly hasRule: boolean;
  /** Whether an alert was made, though not all of detection answered. */
  readonly hasAlert: boolean;
}

/** What did not happen, and what to do. */
export function describeBroken(stage: SelfTestStage, facts: BrokenFacts): string {
  const heard = facts.fault === undefined ? '' : ` (${facts.fault})`;
  switch (stage) {
    case 'read':
      return `${facts.reader.name} did not read or deliver the lines of the self-test${heard}: ${facts.reader.advice}`;
    case 'parse':
      return `the parser did not understand the lines of the self-test${heard}: this is a fault of this version, please report it`;
    case 'store':
      return `the store did not take the events${heard}: look at the state of the store and the disk`;
    case 'detect':
      if (!facts.hasRule)
        return 'detection has no enabled rule BruteForceRule to answer with: enable it, or set SELF_TEST_INTERVAL=0';
      return facts.hasAlert
        ? `no detection cycle looked at the stored events${heard}: read the log of detection`
        : `detection made no alert${heard}: read the log of detection`;
    case 'enrich':
      return `the enricher did not answer${heard}: read its log; alerts are blocked and shown without techniques`;
    case 'respond':
      return `response did not answer${heard}: read its log; until it does, nobody is blocked`;
    default:
      return stage satisfies never;
  }
}

/** `passed 3 min ago in 12 ms`, `broken at response 3 min ago: …`, or that it has not run yet. */
export function describeSelfTest(outcome: SelfTestOutcome | undefined, now: Date): string {
  if (outcome === undefined) return 'not run yet';
  const ago = agoText(now.getTime() - outcome.at.getTime());
  if (outcome.broken.length === 0)
    return `passed ${ago} in ${Math.max(1, Math.round(outcome.tookMs))} ms`;
  const stages = outcome.broken.map(({ name }) => name).join(' and ');
  return `broken at ${stages}, ${ago}: ${outcome.broken.map(({ why }) => why).join('; ')}`;
}

/** How people call the part that a stage tries. */
export function nameStage(stage: SelfTestStage, reader: SelfTestReader): string {
  return stage === 'read' ? reader.name : STAGE_NAMES[stage];
}

const STAGE_NAMES: Readonly<Record<Exclude<SelfTestStage, 'read'>, string>> = {
  parse: 'the parser',
  store: 'the store',
  detect: 'detection',
  enrich: 'the enricher',
  respond: 'response',
};

/** In minutes: a text that changes each second would be sent to each page each second. */
function agoText(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return 'less than a minute ago';
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
