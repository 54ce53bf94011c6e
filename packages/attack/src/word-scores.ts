/**
 * Words of texts against words of a query: BM25 (Robertson and Zaragoza 2009; k1 = 1.2, b = 0.75), given as
 * the share of the query's weight that a text explains, so that queries of different length compare.
 */
const K1 = 1.2;
const B = 0.75;
/** Words of a query that are looked at. */
const MAX_WORDS = 64;
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

export interface WordScores {
  /** Those of a query's words that some text has, each once; the first 64 are looked at. */
  readonly known: (words: readonly string[]) => readonly string[];
  /** For each text the share of the words' weight that it explains, 0 to 1. */
  readonly shares: (known: readonly string[]) => Float64Array;
}

interface Holder {
  readonly text: number;
  readonly weight: number;
}

export function createWordScores(texts: readonly string[]): WordScores {
  const wordLists = texts.map(wordsOf);
  const meanLength =
    wordLists.reduce((sum, words) => sum + words.length, 0) / Math.max(1, texts.length);
  const holders = new Map<string, Holder[]>();
  for (const [text, words] of wordLists.entries()) {
    const counts = new Map<string, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const [word, count] of counts) {
      const weight = (count * (K1 + 1)) / (count + K1 * (1 - B + (B * words.length) / meanLength));
      const list = holders.get(word);
      if (list === undefined) holders.set(word, [{ text, weight }]);
      else list.push({ text, weight });
    }
  }
  const rarity = (count: number): number =>
    Math.log(1 + (texts.length - count + 0.5) / (count + 0.5));
  return {
    known: (words) => [...new Set(words.slice(0, MAX_WORDS))].filter((word) => holders.has(word)),
    shares(known) {
      const shares = new Float64Array(texts.length);
      let best = 0;
      for (const word of known) {
        const list = holders.get(word);
        if (list === undefined) continue;
        const rare = rarity(list.length);
        best += rare * (K1 + 1);
        for (const { text, weight } of list) shares[text] = (shares[text] ?? 0) + rare * weight;
      }
      return best === 0 ? shares : shares.map((sum) => Math.min(1, sum / best));
    },
  };
}
