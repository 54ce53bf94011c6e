/** A set of words that is asked with names an attacker chose: no name means more than the list says. */
export type WordTable = { readonly [word: string]: true | undefined };

export function wordTable(words: string): WordTable {
  const table = Object.create(null) as { [word: string]: true };
  for (const word of words.split(/\s/)) if (word !== '') table[word] = true;
  return table;
}
