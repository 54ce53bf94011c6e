/** Retrieval by words alone: what the product has without a model. */
import { TECHNIQUES, type Technique } from './catalogue.ts';
import type { LabelledExample } from './examples.ts';
import { rank } from './rank.ts';
import type { Match, TechniqueIndex } from './technique-index.ts';
import { createWordScores, wordsOf } from './word-scores.ts';

/** Characters of a query that are looked at. */
const MAX_CHARACTERS = 4096;
/** Answers that are remembered. */
const MAX_ANSWERS = 200;

/** Words of a technique: those that say most, twice. */
const wordsOfTechnique = (technique: Technique): string =>
  `${technique.name} ${technique.keywords} ${technique.keywords} ${technique.description}`;

/** What the words of a query say of every technique and example. */
export interface WordEvidence {
  readonly shares: Float64Array;
  readonly exampleShares: Float64Array;
}

/** Words of a query that the texts of techniques have, and those that the examples have. */
interface Known {
  readonly inTechniques: readonly string[];
  readonly inExamples: readonly string[];
}

export interface WordIndex extends TechniqueIndex {
  readonly techniques: readonly Technique[];
  readonly examples: readonly LabelledExample[];
  readonly weigh: (text: string) => WordEvidence;
}

export function createLexicalIndex(
  techniques: readonly Technique[] = TECHNIQUES,
  examples: readonly LabelledExample[] = [],
): WordIndex {
  const ofTechniques = createWordScores(techniques.map(wordsOfTechnique));
  const ofExamples = createWordScores(examples.map((example) => example.text));
  /** By the known words of a query: the alerts of a wave differ in addresses and counts, which are none. */
  const answers = new Map<string, readonly Match[]>();
  const knownOf = (text: string): Known => {
    const words = wordsOf(text.slice(0, MAX_CHARACTERS));
    return { inTechniques: ofTechniques.known(words), inExamples: ofExamples.known(words) };
  };
  const weighKnown = ({ inTechniques, inExamples }: Known): WordEvidence => ({
    shares: ofTechniques.shares(inTechniques),
    exampleShares: ofExamples.shares(inExamples),
  });
  return {
    name: 'words',
    techniques,
    examples,
    weigh: (text) => weighKnown(knownOf(text)),
    async search(text, size) {
      const known = knownOf(text);
      const { inTechniques, inExamples } = known;
      const asked = `${size} ${inTechniques.join(' ')} | ${inExamples.join(' ')}`;
      const answer = answers.get(asked);
      if (answer !== undefined) return answer;
      const matches =
        inTechniques.length + inExamples.length === 0
          ? []
          : rank({ techniques, examples, ...weighKnown(known) }, size);
      if (answers.size >= MAX_ANSWERS) answers.delete(answers.keys().next().value as string);
      answers.set(asked, matches);
      return matches;
    },
  };
}
