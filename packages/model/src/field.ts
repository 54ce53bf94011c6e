/**
 * What one field of a document is: its type, its name in ECS, what it is used for. Every other
 * description of a document (runtime check, TypeScript type, how each engine of the store keeps it, the
 * table in docs/fields.md) is derived from this, so none of them can disagree. No engine is known here:
 * each has its own types for these, in its folder.
 */
import { z } from 'zod';

/**
 * What the value is to those who ask for it: `keyword` is text that is compared as a whole, `text` is
 * searched word by word, `object` holds names and values that nobody defined.
 */
export type FieldType =
  'keyword' | 'text' | 'ip' | 'date' | 'integer' | 'long' | 'float' | 'boolean' | 'object';

export interface FieldFacts {
  /** One sentence, with the unit where there is one. */
  readonly description: string;
  readonly type: FieldType;
  /** The name under which ECS users look for this field. */
  readonly ecs?: string;
  /** True for fields that rules ask for often: an engine may keep them apart, to find them sooner. */
  readonly queried?: boolean;
  /** True for ground truth of the generator, which no rule may read. */
  readonly groundTruth?: boolean;
  /** True for what only the product says: a line of JSON that has it keeps it under `extra`. */
  readonly ours?: boolean;
}

export const fieldFacts = z.registry<FieldFacts>();

/**
 * Attaches facts to a schema; used once per field, where the document is defined. Throws TypeError
 * for a schema that has facts: two fields that share one would overwrite each other's.
 */
export function field<Schema extends z.ZodType>(schema: Schema, facts: FieldFacts): Schema {
  if (fieldFacts.has(schema))
    throw new TypeError(
      `Schema already has facts: give each field its own ("${facts.description}")`,
    );
  fieldFacts.add(schema, facts);
  return schema;
}

export interface FieldDescription extends FieldFacts {
  readonly name: string;
  readonly isArray: boolean;
  readonly isOptional: boolean;
}

/** Lists the fields of a document schema in their order. Throws TypeError for a field without facts. */
export function describeFields(schema: z.ZodObject): readonly FieldDescription[] {
  return Object.entries(schema.shape).map(([name, outer]) => {
    const isOptional = outer instanceof z.ZodOptional;
    const inner = isOptional ? outer.unwrap() : outer;
    const facts = fieldFacts.get(outer) ?? fieldFacts.get(inner);
    if (facts === undefined)
      throw new TypeError(`Field "${name}" has no facts: wrap it in field()`);
    const isArray = inner instanceof z.ZodArray;
    return { ...facts, name, isArray, isOptional };
  });
}
