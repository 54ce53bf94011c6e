/**
 * The order of techniques for a query, and how far it can be trusted. Words and vectors are made comparable
 * (distance from their mean in standard deviations) and added by weight; techniques that logs of servers
 * show usually get a start; the labelled examples nearest to the query vote for theirs.
 *
 * Figures and confidence are those of bench/retrieval.ts, chosen and fitted on the even half of Sigma's
 * rules (those with techniques), measured on the odd half.
 */
import type { LabelledExample } from './examples.ts';
import type { Technique } from './catalogue.ts';
import type { Match } from './technique-index.ts';

/** Share of the vectors, where there are some. */
export const VECTOR_WEIGHT = 0.75;
/** Standard deviations that a technique which logs show usually is ahead. */
const USUAL_START = 0.8;
/** Examples that vote. */
const VOTERS = 30;
/** A vote is the example's nearness to this power: near ones count, far ones hardly. */
const VOTE_POWER = 4;
/** Standard deviations that a vote of 1 is worth: of vectors and words, of words alone. */
const VOTE_WEIGHT = { vectors: 8, words: 4 };
/** Share of the words in the nearness of an example, where there are vectors. */
const EXAMPLE_WORDS = 0.35;

/** An example that explains this share of the query is near, whether or not another is nearer. */
const NEAR_SHARE = 0.35;

export interface Evidence {
  readonly techniques: readonly Technique[];
  readonly examples: readonly LabelledExample[];
  /** For each technique the share of the query that its words explain. */
  readonly shares: ArrayLike<number>;
  readonly exampleShares: ArrayLike<number>;
  /** For each technique the cosine of its vector and the query's; absent when words alone are known. */
  readonly cosines?: ArrayLike<number>;
  readonly exampleCosines?: ArrayLike<number>;
  readonly vectorWeight?: number;
}

/** What speaks for a technique. */
export interface Found {
  readonly technique: Technique;
  /** Standard deviations from the mean, by words and vectors, with the start of usual ones. */
  readonly likeness: number;
  /** Cosine of the vectors; share of the words where there are none. */
  readonly closeness: number;
  /** Votes of the examples, by how near the nearest of them is. */
  readonly support: number;
}

/** Best first, at most `size`; equal ones in the order of their ids. */
export function rank(evidence: Evidence, size: number): readonly Match[] {
  const fits = FITS[evidence.cosines === undefined ? 'words' : 'vectors'];
  const fit = fits[evidence.examples.length === 0 ? 'alone' : 'examples'];
  return order(evidence, size).map((found) => ({
    technique: found.technique,
    confidence: confidenceOf(found, fit),
  }));
}

/** As `rank`, with what the confidence is made of. */
export function order(evidence: Evidence, size: number): readonly Found[] {
  const { techniques, shares, cosines } = evidence;
  const weight = cosines === undefined ? 0 : (evidence.vectorWeight ?? VECTOR_WEIGHT);
  const byWords = standardise(shares);
  const byVectors = cosines === undefined ? undefined : standardise(cosines);
  const { byTechnique, strength } = votesOf(evidence);
  const voteWeight = cosines === undefined ? VOTE_WEIGHT.words : VOTE_WEIGHT.vectors;
  return techniques
    .map((technique, index) => {
      const vote = byTechnique.get(technique.id) ?? 0;
      const likeness =
        weight * (byVectors?.[index] ?? 0) +
        (1 - weight) * (byWords[index] ?? 0) +
        (technique.isUsual ? USUAL_START : 0);
      const closeness = cosines === undefined ? (shares[index] ?? 0) : (cosines[index] ?? 0);
      const score = likeness + voteWeight * vote;
      return { technique, score, likeness, closeness, support: vote * strength };
    })
    .toSorted((a, b) => b.score - a.score || (a.technique.id < b.technique.id ? -1 : 1))
    .slice(0, size)
    .map(({ score: _score, ...found }) => found);
}

interface Votes {
  readonly byTechnique: ReadonlyMap<string, number>;
  /** How near the nearest example is: cosine, or share of the words. */
  readonly strength: number;
}

/** Votes of the nearest examples. Of words counts how near they are beside the nearest one. */
function votesOf(evidence: Evidence): Votes {
  const { examples, exampleShares, exampleCosines } = evidence;
  const bestShare = highest(exampleShares);
  const nearness = examples.map((_example, index) => {
    const words = (exampleShares[index] ?? 0) / Math.max(bestShare, NEAR_SHARE);
    if (exampleCosines === undefined) return words;
    return (1 - EXAMPLE_WORDS) * (exampleCosines[index] ?? 0) + EXAMPLE_WORDS * words;
  });
  const voters = [...nearness.keys()]
    .toSorted((a, b) => (nearness[b] ?? 0) - (nearness[a] ?? 0))
    .slice(0, VOTERS);
  const byTechnique = new Map<string, number>();
  for (const voter of voters) {
    const vote = Math.max(0, nearness[voter] ?? 0) ** VOTE_POWER;
    for (const id of examples[voter]?.techniques ?? [])
      byTechnique.set(id, (byTechnique.get(id) ?? 0) + vote);
  }
  return { byTechnique, strength: highest(exampleCosines ?? exampleShares) };
}

function highest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((best, value) => Math.max(best, value), 0);
}

/** Logistic: how often a technique so found was among those that the rule's authors named. */
interface Fit {
  readonly bias: number;
  readonly likeness: number;
  readonly closeness: number;
  readonly support: number;
}

/** By what there was to go by. */
const FITS: Readonly<Record<'words' | 'vectors', Readonly<Record<'alone' | 'examples', Fit>>>> = {
  words: {
    alone: { bias: -4.07, likeness: 0.32, closeness: 0.48, support: 0 },
    examples: { bias: -4.11, likeness: 0.36, closeness: -3.34, support: 3.68 },
  },
  vectors: {
    alone: { bias: -6.16, likeness: 0.81, closeness: 2.04, support: 0 },
    examples: { bias: -4.79, likeness: 0.56, closeness: 0.55, support: 4.99 },
  },
};

function confidenceOf(found: Found, fit: Fit): number {
  const logit =
    fit.bias +
    fit.likeness * found.likeness +
    fit.closeness * found.closeness +
    fit.support * Math.sqrt(found.support);
  return Number((1 / (1 + Math.exp(-logit))).toFixed(3));
}

/** Distance of each value from their mean in standard deviations; zeros when all are equal. */
function standardise(values: ArrayLike<number>): readonly number[] {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
  return all.map((value) => (spread === 0 ? 0 : (value - mean) / spread));
}
