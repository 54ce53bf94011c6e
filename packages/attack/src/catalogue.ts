/**
 * The catalogue of techniques. Names, tactics and ids of all of ATT&CK Enterprise 18.1 (NOTICE has its
 * terms), so that any tag of a rule is known; those that logs can show have a description and keywords of
 * ours and are the ones retrieval chooses from: TECHNIQUES.
 */
import names from './technique-names.json' with { type: 'json' };
import { TACTICS, TECHNIQUE_LINES } from './techniques.ts';

export interface Technique {
  /** `T1110` or `T1110.001`. */
  readonly id: string;
  readonly name: string;
  readonly tactics: readonly { readonly id: string; readonly name: string }[];
  readonly url: string;
  /** Ours; empty when only the name is known. */
  readonly description: string;
  readonly keywords: string;
}

export const ATTACK_VERSION = '18.1';

function tacticOf(slug: string): { readonly id: string; readonly name: string } {
  const tactic = TACTICS[slug];
  if (tactic === undefined) throw new TypeError(`Unknown tactic "${slug}"`);
  return tactic;
}

function readLine(line: string): Technique {
  const [id = '', name = '', tactics = '', description = '', keywords = ''] = line.split(' | ');
  return {
    id,
    name,
    tactics: tactics.split(' ').map(tacticOf),
    url: `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`,
    description,
    keywords,
  };
}

/** Techniques that retrieval chooses from, each with our description. */
export const TECHNIQUES: readonly Technique[] = TECHNIQUE_LINES.map(readLine);

const byId = new Map(
  [...names.map(readLine), ...TECHNIQUES].map((technique) => [technique.id, technique]),
);

/** Every technique a tag may name, in the order of their ids. */
export const ALL_TECHNIQUES: readonly Technique[] = [...byId.values()].toSorted((a, b) =>
  a.id < b.id ? -1 : 1,
);

/** The technique of an id in any case; for an unknown sub-technique its parent. */
export function findTechnique(id: string): Technique | undefined {
  const wanted = id.toUpperCase();
  return byId.get(wanted) ?? byId.get(wanted.split('.')[0] ?? '');
}

/** Techniques that tags such as `attack.t1110.001` declare, in their order, each once. */
export function techniquesOfTags(tags: readonly string[]): readonly Technique[] {
  const found = tags.flatMap((tag) => {
    const match = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag);
    const technique = match === null ? undefined : findTechnique(match[1] as string);
    return technique === undefined ? [] : [technique];
  });
  return [...new Set(found)];
}
