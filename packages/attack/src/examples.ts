/** Texts that people have labelled with techniques: titles and descriptions of the rules that are loaded. */
import { findTechnique, formerIdOf, techniqueIdsOfTags } from './catalogue.ts';

export interface LabelledExample {
  readonly text: string;
  /** Ids by which retrieval knows techniques (`formerIdOf`). */
  readonly techniques: readonly string[];
}

export interface TaggedText {
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
}

/** Those of the texts whose tags name techniques of the catalogue, the first `atMost`. */
export function examplesOf(
  texts: readonly TaggedText[],
  atMost: number,
): readonly LabelledExample[] {
  const examples: LabelledExample[] = [];
  for (const { title, description, tags } of texts) {
    const techniques = techniqueIdsOfTags(tags).flatMap((id) => {
      const technique = findTechnique(id);
      return technique === undefined ? [] : [formerIdOf(technique.id)];
    });
    if (techniques.length > 0)
      examples.push({ text: `${title}. ${description}`, techniques: [...new Set(techniques)] });
    if (examples.length >= atMost) break;
  }
  return examples;
}
