/**
 * What one field of a document is: its type, its name in ECS, its type in each store. Every other
 * description of a document (runtime check, TypeScript type, Elasticsearch mapping, DuckDB column,
 * the table in docs/fields.md) is derived from this, so none of them can disagree.
 */
import { z } from 'zod';

export type MappingType =
  'keyword' | 'text' | 'ip' | 'date' | 'integer' | 'long' | 'float' | 'boolean' | 'flattened';

/** Times are BIGINT milliseconds since the epoch. */
export type ColumnType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'JSON';

export interface FieldFacts {
  /** One sentence, with the unit where there is one. */
  readonly description: string;
  readonly mapping: MappingType;
  /** The name under which ECS users look for this field; an alias in Elasticsearch. */
  readonly ecs?: string;
  /** True for fields that rules ask for often: they get a column of their own in DuckDB. */
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
  readonly column: ColumnType;
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
    return { ...facts, name, isArray, isOptional, column: columnType(facts.mapping, isArray) };
  });
}

function columnType(mapping: MappingType, isArray: boolean): ColumnType {
  if (isArray) return 'JSON';
  switch (mapping) {
    case 'keyword':
    case 'text':
    case 'ip':
      return 'VARCHAR';
    case 'date':
    case 'integer':
    case 'long':
      return 'BIGINT';
    case 'float':
      return 'DOUBLE';
    case 'boolean':
      return 'BOOLEAN';
    case 'flattened':
      return 'JSON';
    default:
      return mapping satisfies never;
  }
}

/**
 * The Elasticsearch mapping of a document: `dynamic: false`, so that a field nobody defined can
 * never create a mapping, and one alias per ECS name. An ECS name below the field itself
 * (`user_agent.original` of `user_agent`) is a multi-field, since nothing can be an object and a value.
 * Long keywords are cut by `ignore_above` (8,191 characters: below Lucene's 32,766 bytes even at
 * 4 bytes a character). Throws TypeError when an ECS name is taken or lies below another field.
 */
export function elasticsearchMapping(schema: z.ZodObject): {
  readonly dynamic: false;
  readonly properties: Readonly<Record<string, unknown>>;
} {
  const properties: Properties = {};
  const described = describeFields(schema);
  for (const entry of described) properties[entry.name] = mappingOf(entry.mapping);
  for (const { name, ecs, mapping } of described) {
    if (ecs === undefined) continue;
    if (ecs.startsWith(`${name}.`))
      properties[name] = {
        ...mappingOf(mapping),
        fields: { [ecs.slice(name.length + 1)]: mappingOf(mapping) },
      };
    else placeAlias(properties, ecs, name);
  }
  return { dynamic: false, properties };
}

type Properties = Record<string, Record<string, unknown>>;

function mappingOf(mapping: MappingType): Record<string, unknown> {
  switch (mapping) {
    case 'keyword':
      return { type: 'keyword', ignore_above: 8191 };
    case 'flattened':
      return { type: 'flattened', ignore_above: 8191, depth_limit: 20 };
    default:
      return { type: mapping };
  }
}

function placeAlias(properties: Properties, ecs: string, target: string): void {
  const path = ecs.split('.');
  const leaf = path.pop() ?? '';
  let level = properties;
  for (const part of path) {
    const node = (level[part] ??= { properties: {} });
    if (node['properties'] === undefined)
      throw new TypeError(`ECS name "${ecs}" lies below the field "${part}"`);
    level = node['properties'] as Properties;
  }
  if (level[leaf] !== undefined) throw new TypeError(`ECS name "${ecs}" is taken`);
  level[leaf] = { type: 'alias', path: target };
}
