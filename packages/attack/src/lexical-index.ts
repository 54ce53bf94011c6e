/**
 * Retrieval by words: BM25 (Robertson and Zaragoza 2009; k1 = 1.2, b = 0.75) over name, keywords (double
 * weight) and description. Confidence is the share of the query's weight that the technique explains, times SCALE
 * and at most 1, whatever the query's length.
 */
import { TECHNIQUES, type Technique } from './catalogue.ts';
import type { Match, TechniqueIndex } from './technique-index.ts';

const K1 = 1.2;
const B = 0.75;
/**
 * A share of 0.25 is right as often as the cosine that users know as the limit (0.35): 1.4 makes them meet.
 * Measured on the queries of bench/retrieval.ts.
 */
const SCALE = 1.4;
/** Words of a query that are looked at. */
const MAX_WORDS = 64;
/** Answers that are remembered. */
const MAX_ANSWERS = 200;
const STOP_WORDS = new Set(
  'a an and are as at be by for from has he in into is it its of on or so such that the their they this to was were which with who one rule low medium high critical'.split(
    ' ',
  ),
);

/** Lower-case word stems: plural and common endings cut, so that "scans", "scanned" and "scanning" meet. */
export function wordsOf(text: string): readonly string[] {
  const words =
    text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[a-z0-9_]+/g) ?? [];
  return words.filter((word) => word.length > 1 && !STOP_WORDS.has(word)).map(stem);
}

function stem(word: string): string {
  if (word.length <= 4 || /\d/.test(word)) return word;
  const cut = word.replace(/(?:ings?|edly|ed|ers?|ies|es|s)$/, '');
  const base = cut.length >= 3 ? cut : word;
  return base.replace(/([b-df-hj-np-tv-z])\1$/, '$1');
}

interface Entry {
  readonly technique: Technique;
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

export function createLexicalIndex(techniques: readonly Technique[] = TECHNIQUES): TechniqueIndex {
  const entries = techniques.map((technique): Entry => {
    const words = wordsOf(
      `${technique.name} ${technique.keywords} ${technique.keywords} ${technique.description}`,
    );
    const counts = new Map<string, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { technique, counts, length: words.length };
  });
  const meanLength = entries.reduce((sum, entry) => sum + entry.length, 0) / entries.length;
  const holdersOf = new Map<string, number>();
  for (const entry of entries)
    for (const word of entry.counts.keys()) holdersOf.set(word, (holdersOf.get(word) ?? 0) + 1);
  const rarity = (word: string): number => {
    const holders = holdersOf.get(word) ?? 0;
    return Math.log(1 + (entries.length - holders + 0.5) / (holders + 0.5));
  };
  const weight = (entry: Entry, word: string): number => {
    const count = entry.counts.get(word) ?? 0;
    return (count * (K1 + 1)) / (count + K1 * (1 - B + (B * entry.length) / meanLength));
  };
  /** By the known words of a query: the alerts of a wave differ in addresses and counts, which are none. */
  const answers = new Map<string, readonly Match[]>();
  return {
    name: 'words',
    async search(text, size) {
      const known = [...new Set(wordsOf(text.slice(0, 4096)).slice(0, MAX_WORDS))].filter((word) =>
        holdersOf.has(word),
      );
      const asked = `${size} ${known.join(' ')}`;
      const answer = answers.get(asked);
      if (answer !== undefined) return answer;
      const rarities = known.map(rarity);
      const best = rarities.reduce((sum, value) => sum + value * (K1 + 1), 0);
      if (best === 0) return [];
      const matches = entries
        .map((entry) => ({
          technique: entry.technique,
          score: known.reduce(
            (sum, word, index) => sum + (rarities[index] as number) * weight(entry, word),
            0,
          ),
        }))
        .filter((match) => match.score > 0)
        .toSorted((a, b) => b.score - a.score || (a.technique.id < b.technique.id ? -1 : 1))
        .slice(0, size)
        .map((match) => ({
          technique: match.technique,
          confidence: Math.min(1, Number(((SCALE * match.score) / best).toFixed(3))),
        }));
      if (answers.size >= MAX_ANSWERS) answers.delete(answers.keys().next().value as string);
      answers.set(asked, matches);
      return matches;
    },
  };
}
