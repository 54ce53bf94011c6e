/**
 * A chain over the entries of a journal: the last field of each is a sum of the entry and of the one before
 * it, so that what was taken out, put in, changed or moved shows at the first entry that does not follow.
 * Entries of before there were links are covered by the first link that comes after them. Its head is kept
 * elsewhere as well (the trail, the log): without that, whoever can write the file can write all of it anew.
 */
import { hash } from 'node:crypto';

/** What a chain amounts to. */
export interface ChainFacts {
  /** Link of the last entry; empty before there is one. */
  readonly head: string;
  readonly entries: number;
  /** Entries of an older version, which have no link. */
  readonly unlinked: number;
  /** The first entry that does not follow, in one sentence. */
  readonly firstBreak: string | undefined;
}

export interface Chain {
  /** The entry's text with its link, and what the head is then. What is no object has no link. */
  readonly link: (text: string) => string;
  /** An entry as it stands in the file, the next one. */
  readonly read: (text: string) => void;
  /** The next entry could not be read. */
  readonly readDamaged: () => void;
  readonly facts: () => ChainFacts;
  /** One that goes on from here; this one stays as it is. */
  readonly fork: () => Chain;
}

const LINK_LENGTH = 22;
const LINKED = /,"link":"([\w-]{22})"\}$/;
/** Of the first entry of a file that follows another one: it names that one's head. */
const AFTER = /^\{"kind":"version",[^{}]*"after":"([\w-]{22})"/;

export function sumOf(before: string, text: string): string {
  return hash('sha256', `${before}\n${text}`, 'base64url').slice(0, LINK_LENGTH);
}

/** An entry's text without its link. */
export function withoutLink(text: string): string {
  const found = LINKED.exec(text);
  return found === null ? text : `${text.slice(0, found.index)}}`;
}

/** `name` of the file, for the sentence. */
export function createChain(name: string, from?: ChainFacts): Chain {
  let head = from?.head ?? '';
  let entries = from?.entries ?? 0;
  let unlinked = from?.unlinked ?? 0;
  let firstBreak = from?.firstBreak;
  /** What came before is unknown: the next link is taken as it is. */
  let isLost = false;
  const breakAt = (why: string): void => {
    firstBreak ??= `Entry ${entries} of "${name}" ${why}`;
  };
  /** Of the entry that is counted last: the first of a file may name the head of another one. */
  const beforeOf = (text: string): string => (entries === 1 ? (AFTER.exec(text)?.[1] ?? '') : head);
  const facts = (): ChainFacts => ({ head, entries, unlinked, firstBreak });
  return {
    link(text) {
      entries += 1;
      if (!text.endsWith('}') || text === '{}') {
        unlinked += 1;
        return text;
      }
      head = sumOf(beforeOf(text), text);
      return `${text.slice(0, -1)},"link":"${head}"}`;
    },
    read(text) {
      entries += 1;
      const link = LINKED.exec(text)?.[1];
      const body = withoutLink(text);
      const sum = sumOf(beforeOf(body), body);
      if (link === undefined) {
        if (unlinked < entries - 1) breakAt('has no link, and those before it have one');
        unlinked += 1;
      } else if (link !== sum && !isLost)
        breakAt('does not follow the one before it: one was changed, put in or taken out');
      isLost = false;
      head = link ?? sum;
    },
    readDamaged() {
      entries += 1;
      breakAt('is damaged');
      isLost = true;
    },
    facts,
    fork: () => createChain(name, facts()),
  };
}
