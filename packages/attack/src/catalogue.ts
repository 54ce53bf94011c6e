/**
 * The catalogue of techniques: all of ATT&CK Enterprise 18.1 (NOTICE has its terms) with a description of
 * ours each, which retrieval chooses from, and the ids that version 19 gave to some of them, so that any tag
 * of a rule is known.
 */
import names from './technique-names.json' with { type: 'json' };
import texts from './technique-texts.json' with { type: 'json' };
import { SUCCESSOR_LINES } from './successors.ts';
import { TACTICS, TECHNIQUE_LINES } from './techniques.ts';

export interface Tactic {
  readonly id: string;
  readonly name: string;
}

export interface Technique {
  /** `T1110` or `T1110.001`. */
  readonly id: string;
  readonly name: string;
  readonly tactics: readonly Tactic[];
  readonly url: string;
  /** Ours; empty when only the id is known. */
  readonly description: string;
  readonly keywords: string;
  /** Logs of servers show it: our rules and those of our users look for it most. */
  readonly isUsual: boolean;
}

/** Of what retrieval chooses from; tags are known up to version 19.1. */
export const ATTACK_VERSION = '18.1';

function tacticOf(slug: string): Tactic {
  const tactic = TACTICS[slug];
  if (tactic === undefined) throw new TypeError(`Unknown tactic "${slug}"`);
  return tactic;
}

const urlOf = (id: string): string =>
  `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`;

function readLine(line: string): Technique {
  const [id = '', name = '', tactics = '', description = '', keywords = ''] = line.split(' | ');
  return {
    id,
    name,
    tactics: tactics.split(' ').map(tacticOf),
    url: urlOf(id),
    description,
    keywords,
    isUsual: keywords !== '',
  };
}

/** Descriptions of those that `techniques.ts` does not have: id | description. */
const furtherTexts = new Map(
  texts.map((line): [string, string] => {
    const [id = '', description = ''] = line.split(' | ');
    return [id, description];
  }),
);

const byFormerId = new Map(
  [
    ...names
      .map(readLine)
      .map((technique) => ({ ...technique, description: furtherTexts.get(technique.id) ?? '' })),
    ...TECHNIQUE_LINES.map(readLine),
  ].map((technique) => [technique.id, technique]),
);

/** Techniques that retrieval chooses from, each with our description, in the order of their ids. */
export const TECHNIQUES: readonly Technique[] = [...byFormerId.values()].toSorted((a, b) =>
  a.id < b.id ? -1 : 1,
);

const formerIds = new Map(
  SUCCESSOR_LINES.map((line): [string, string] => {
    const [id = '', , , former = ''] = line.split(' | ');
    return [id, former];
  }),
);

const successors = SUCCESSOR_LINES.map((line): [string, Technique] => {
  const technique = readLine(line);
  const former = byFormerId.get(formerIds.get(technique.id) ?? '');
  return [technique.id, { ...technique, description: former?.description ?? '', isUsual: false }];
});

const byId = new Map([...byFormerId, ...successors]);

/** Every technique a tag may name, in the order of their ids. */
export const ALL_TECHNIQUES: readonly Technique[] = [...byId.values()].toSorted((a, b) =>
  a.id < b.id ? -1 : 1,
);

/** The technique of an id in any case; for an unknown sub-technique its parent. */
export function findTechnique(id: string): Technique | undefined {
  const wanted = id.toUpperCase();
  return byId.get(wanted) ?? byId.get(wanted.split('.')[0] ?? '');
}

/** The id by which retrieval knows a technique: that of version 18. */
export function formerIdOf(id: string): string {
  return formerIds.get(id) ?? id;
}

/** `T1110` and `T1110.001`, `T1070.002` and its successor `T1685.006`: the same said twice. */
export function isSameFamily(a: string, b: string): boolean {
  const [one, other] = [formerIdOf(a), formerIdOf(b)];
  return one === other || one === parentOf(other) || other === parentOf(one);
}

const parentOf = (id: string): string => id.split('.')[0] ?? id;

/** Ids that tags such as `attack.t1110.001` name, in their order, in capitals. */
export function techniqueIdsOfTags(tags: readonly string[]): readonly string[] {
  return tags.flatMap((tag) => {
    const id = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1];
    return id === undefined ? [] : [id.toUpperCase()];
  });
}

/**
 * Techniques that tags such as `attack.t1110.001` declare, in their order, each once. One that is in no
 * catalogue of ours is kept with its id alone.
 */
export function techniquesOfTags(tags: readonly string[]): readonly Technique[] {
  const found = new Map<string, Technique>();
  for (const id of techniqueIdsOfTags(tags)) {
    const technique = findTechnique(id) ?? unknownTechnique(id);
    found.set(technique.id, technique);
  }
  return [...found.values()];
}

/** Tactics that tags such as `attack.stealth` or `attack.credential_access` declare, each once. */
export function tacticsOfTags(tags: readonly string[]): readonly Tactic[] {
  const found = tags.flatMap((tag) => {
    const slug = /^attack\.([a-z][a-z_-]*)$/i.exec(tag)?.[1]?.toLowerCase().replaceAll('_', '-');
    const isKnown = slug !== undefined && Object.hasOwn(TACTICS, slug);
    return isKnown ? [tacticOf(slug)] : [];
  });
  return [...new Set(found)];
}

function unknownTechnique(id: string): Technique {
  return {
    id,
    name: 'a technique that this catalogue does not know',
    tactics: [],
    url: urlOf(id),
    description: '',
    keywords: '',
    isUsual: false,
  };
}
