/**
 * What an event is worth as evidence for a block. Alerts count every event alike; a block must not follow from what
 * anybody could write (a line whose writer is not proven), from times that were made up (a log without times, or with
 * a wrong clock, that is read at once: such events count once a second), or from what innocent people do too, where
 * the rule says which events they do not cause: without these its alert is low.
 */
import { compileFilter, type Measure } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { SparseEvent } from '@mini-soc/store';
import type { Episode } from './episode.ts';

export interface Proof {
  /** 0 when it is worth nothing; `lastMs` is the time of the event before it in the episode. */
  readonly weightOf: (event: SparseEvent, ms: number, weight: number, lastMs: number) => number;
  /** Whether it is of the kind that the rule wants. */
  readonly isOfKind: (event: SparseEvent) => boolean;
  /** Whether so much of that kind, of so much in all, is enough. */
  readonly isMet: (proven: number, trusted: number) => boolean;
}

export function createProof(rule: Pick<Rule, 'proof'>): Proof {
  const matches = rule.proof === undefined ? undefined : compileFilter(rule.proof.filter);
  return {
    weightOf: ({ flags }, ms, weight, lastMs) => {
      if (flags === undefined || flags.length === 0) return weight;
      if (flags.includes('untrusted')) return 0;
      if (!flags.includes('no_timestamp') && !flags.includes('clock_skew')) return weight;
      return Math.floor(ms / 1000) === Math.floor(lastMs / 1000) ? 0 : 1;
    },
    isOfKind: (event) => matches?.(event) ?? true,
    isMet: (proven, trusted) => isProven(rule, { proven, trusted }),
  };
}

/** How much has to happen for the rule to fire; the steps of a sequence together. */
export function thresholdOf(measure: Measure): number {
  return measure.kind === 'sequence'
    ? measure.steps.reduce((sum, step) => sum + step.atLeast, 0)
    : measure.atLeast;
}

/** Whether the episode's events that are worth something would have been enough for a block. */
export function carriesBlock(
  rule: Pick<Rule, 'proof' | 'query'>,
  episode: Pick<Episode, 'trusted' | 'proven'>,
): boolean {
  return episode.trusted >= thresholdOf(rule.query.measure) && isProven(rule, episode);
}

/** In a long episode of many people a few of that kind come together by chance: they must be a share of it, too. */
function isProven(
  { proof }: Pick<Rule, 'proof'>,
  { proven, trusted }: Pick<Episode, 'trusted' | 'proven'>,
): boolean {
  return proof === undefined || (proven >= proof.atLeast && proven >= proof.share * trusted);
}
