/** The catalogue of techniques. */
import { TACTICS, TECHNIQUE_LINES } from './techniques.ts';

export interface Technique {
  /** `T1110` or `T1110.001`. */
  readonly id: string;
  readonly name: string;
  readonly tactics: readonly { readonly id: string; readonly name: string }[];
  readonly url: string;
  readonly description: string;
  readonly keywords: string;
}

export const ATTACK_VERSION = '18.1';

function tacticOf(slug: string): { readonly id: string; readonly name: string } {
  const tactic = TACTICS[slug];
  if (tactic === undefined) throw new TypeError(`Unknown tactic "${slug}"`);
  return tactic;
}

export const TECHNIQUES: readonly Technique[] = TECHNIQUE_LINES.map((line) => {
  const [id = '', name = '', tactics = '', description = '', keywords = ''] = line.split(' | ');
  return {
    id,
    name,
    tactics: tactics.split(' ').map(tacticOf),
    url: `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`,
    description,
    keywords,
  };
});

const byId = new Map(TECHNIQUES.map((technique) => [technique.id, technique]));

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
