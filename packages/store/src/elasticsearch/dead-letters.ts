/** Dead letters: what was refused, by us or by a shipper, with the reason. */
import type { Connection } from './connection.ts';
import type { IndexNames } from './indices.ts';
import { search, sourceOf } from './search.ts';

/** A letter as our store writes it, or as Filebeat does. */
interface Letter {
  readonly reason?: string;
  readonly error?: { readonly message?: string };
  readonly tags?: readonly string[];
}

export interface FoundDeadLetter {
  readonly reason: string;
  /** The script of Filebeat has failed at the line: Elasticsearch has refused nothing. */
  readonly isOfParser: boolean;
}

const REASON_SHOWN = 300;

/** A letter since then in whose line the words stand; undefined when there is none. Throws StoreError. */
export async function findDeadLetter(
  connection: Connection,
  names: IndexNames,
  words: string,
  sinceMs: number,
): Promise<FoundDeadLetter | undefined> {
  const since = { gte: new Date(sinceMs).toISOString() };
  const found = await search<Letter>(connection, 'look among dead letters', names.deadLetters, {
    size: 1,
    query: {
      bool: {
        filter: [{ match_phrase: { message: words } }],
        // A letter of a shipper has the time of the event alone.
        should: [{ range: { refused_at: since } }, { range: { '@timestamp': since } }],
        minimum_should_match: 1,
      },
    },
  });
  const letter = found.hits.hits.map(sourceOf)[0];
  if (letter === undefined) return undefined;
  return {
    reason: (letter.reason ?? letter.error?.message ?? 'no reason is given').slice(0, REASON_SHOWN),
    isOfParser: letter.tags?.includes('_js_exception') === true,
  };
}
