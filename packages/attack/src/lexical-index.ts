/** Retrieval by words alone: what the product has without a model. */
import { TECHNIQUES, type Technique } from './catalogue.ts';
import type { LabelledExample } from './examples.ts';
import { rank } from './rank.ts';
import type { Match, TechniqueIndex } from './technique-index.ts';
import { createWordScores, type WordScores } from './word-scores.ts';

/** Characters of a query that are looked at. */
const MAX_CHARACTERS = 4096;
/** Answers that are remembered. */
const MAX_ANSWERS = 200;

/** Words of a technique: those that say most, twice. */
const wordsOfTechnique = (technique: Technique): string =>
  `${technique.name} ${technique.keywords} ${technique.keywords} ${technique.description}`;

/** What the words of a query say of every technique and example. */
export interface WordEvidence {
  readonly known: readonly string[];
  readonly shares: Float64Array;
  readonly exampleShares: Float64Array;
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
  const knownOf = (text: string): readonly [readonly string[], readonly string[]] => {
    const query = text.slice(0, MAX_CHARACTERS);
    return [ofTechniques.known(query), ofExamples.known(query)];
  };
  const weighKnown = (
    [known, inExamples]: readonly [readonly string[], readonly string[]],
    scores: readonly [WordScores, WordScores],
  ): WordEvidence => ({
    known: [...new Set([...known, ...inExamples])],
    shares: scores[0].shares(known),
    exampleShares: scores[1].shares(inExamples),
  });
  return {
    name: 'words',
    techniques,
    examples,
    weigh: (text) => weighKnown(knownOf(text), [ofTechniques, ofExamples]),
    async search(text, size) {
      const known = knownOf(text);
      const asked = `${size} ${known[0].join(' ')} | ${known[1].join(' ')}`;
      const answer = answers.get(asked);
      if (answer !== undefined) return answer;
      const evidence = weighKnown(known, [ofTechniques, ofExamples]);
      const matches =
        evidence.known.length === 0 ? [] : rank({ techniques, examples, ...evidence }, size);
      if (answers.size >= MAX_ANSWERS) answers.delete(answers.keys().next().value as string);
      answers.set(asked, matches);
      return matches;
    },
  };
}
