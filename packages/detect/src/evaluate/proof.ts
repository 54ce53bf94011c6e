/**
 * What an event is worth as evidence for a block. Alerts count every event alike; a block must not follow from what
 * anybody could write (a line whose writer is not proven), from times that were made up (a log without times, or with
 * a wrong clock, that is read at once: such events count once a second), or from what innocent people do too, where
 * the rule says which events they do not cause: without these its alert is low. What each flag of an event takes away
 * stands in one table, FLAG_EFFECTS of the model.
 */
import { FLAG_EFFECTS, LIMITS, type EventFlagName, type Proof } from '@mini-soc/model';
import { compileFilter, type Measure } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { SparseEvent } from '@mini-soc/store';
import type { Episode } from './episode.ts';
import type { Worth, WorthBefore } from './worth.ts';

export interface ProofJudge {
  readonly worthOf: (
    event: SparseEvent,
    ms: number,
    weight: number,
    readBefore: () => WorthBefore,
  ) => Worth;
  /** Whether it is of the kind that the rule wants. */
  readonly isOfKind: (event: SparseEvent) => boolean;
  /** Whether so much of that kind, of so much in all, is enough. */
  readonly isMet: (proven: number, trusted: number) => boolean;
}

/** More repeats of one line than a program writes at once say nothing; the line itself stands before them. */
const MAX_REPEATS = LIMITS.repeats_for_block.value;
/** Of nearly every event: it stands for one, and nothing speaks against it. */
const WHOLE: Worth = { trusted: 1, firm: 1, waiting: 0, against: [] };

export function createProof(rule: Pick<Rule, 'proof'>): ProofJudge {
  const matches = rule.proof === undefined ? undefined : compileFilter(rule.proof.filter);
  return {
    worthOf,
    isOfKind: (event) => matches?.(event) ?? true,
    isMet: (proven, trusted) => isProven(rule, { proven, trusted }),
  };
}

function worthOf(
  { flags }: SparseEvent,
  ms: number,
  weight: number,
  readBefore: () => WorthBefore,
): Worth {
  if (weight === 1 && (flags === undefined || flags.length === 0)) return WHOLE;
  const before = readBefore();
  let trusted = repeats(weight, before.trusted);
  let firm = repeats(weight, before.firm);
  let isWaiting = false;
  let isAskedFor = false;
  const against: EventFlagName[] = [];
  for (const flag of flags ?? []) {
    const { counts } = FLAG_EFFECTS[flag];
    if (counts === 'whole') continue;
    against.push(flag);
    if (counts === 'once_confirmed') isWaiting = true;
    else if (counts === 'unless_asked') isAskedFor = true;
    else if (counts === 'nothing') trusted = firm = 0;
    else {
      const once = Math.floor(ms / 1000) === Math.floor(before.lastMs / 1000) ? 0 : 1;
      trusted = Math.min(trusted, once);
      firm = Math.min(firm, once);
    }
  }
  if (isAskedFor) return { trusted, firm: 0, waiting: 0, against };
  return isWaiting
    ? { trusted, firm: 0, waiting: trusted, against }
    : { trusted, firm, waiting: 0, against };
}

/** A line that stands for several needs a plain one before it. */
function repeats(weight: number, before: number): number {
  if (weight <= 1) return weight;
  return before > 0 ? Math.min(weight, MAX_REPEATS) : 0;
}

/** How much has to happen for the rule to fire; the steps of a sequence together. */
export function thresholdOf(measure: Measure): number {
  return measure.kind === 'sequence'
    ? measure.steps.reduce((sum, step) => sum + step.atLeast, 0)
    : measure.atLeast;
}

/** How far the episode's evidence carries a block; undefined when what lacks is the kind of event the rule wants. */
export function proofOf(
  rule: Pick<Rule, 'proof' | 'query'>,
  episode: Pick<Episode, 'trusted' | 'proven' | 'against' | keyof Firmness>,
): Proof | undefined {
  const threshold = thresholdOf(rule.query.measure);
  if (episode.trusted < threshold) return episode.against.length === 0 ? undefined : 'unproven';
  if (!isProven(rule, episode)) return undefined;
  const firm = firmOf(rule, episode);
  return firm.trusted >= threshold && isProven(rule, firm) ? 'proven' : 'unconfirmed';
}

type Firmness = Pick<Episode, 'firm' | 'firmProven' | 'waiting' | 'waitingProven'>;

/** What nothing speaks against, and of it what is of the kind the rule wants. */
export function firmOf(
  { query }: Pick<Rule, 'query'>,
  { firm, firmProven, waiting, waitingProven }: Firmness,
): Pick<Episode, 'trusted' | 'proven'> {
  const isConfirmed = firm > 0 && query.groupBy.includes('source_ip');
  return isConfirmed
    ? { trusted: firm + waiting, proven: firmProven + waitingProven }
    : { trusted: firm, proven: firmProven };
}

/** Whether the episode's events carry a block, as long as nobody asks for what only the machine that reads could see. */
export function carriesBlock(...given: Parameters<typeof proofOf>): boolean {
  const proof = proofOf(...given);
  return proof === 'proven' || proof === 'unconfirmed';
}

/** In a long episode of many people a few of that kind come together by chance: they must be a share of it, too. */
function isProven(
  { proof }: Pick<Rule, 'proof'>,
  { proven, trusted }: Pick<Episode, 'trusted' | 'proven'>,
): boolean {
  return proof === undefined || (proven >= proof.atLeast && proven >= proof.share * trusted);
}
