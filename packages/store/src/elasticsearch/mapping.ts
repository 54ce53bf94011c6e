/** Mappings of our documents: the types of the model's fields in Elasticsearch, and ECS names as aliases. */
import {
  alertSchema,
  blockSchema,
  describeFields,
  EVENT_FIELDS,
  eventSchema,
  type FieldDescription,
  type FieldType,
} from '@mini-soc/model';
import type { z } from 'zod';

export interface Mapping {
  readonly dynamic: false;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** An address is also a keyword, since entities and filters go by its text as it was written. */
export function eventMapping(): Mapping {
  const mapping = mappingOfDocument(eventSchema);
  const addresses = EVENT_FIELDS.filter((field) => field.type === 'ip').map(({ name }) => [
    name,
    { type: 'ip', fields: { keyword: { type: 'keyword', ignore_above: 8191 } } },
  ]);
  return {
    ...mapping,
    properties: { ...mapping.properties, ...Object.fromEntries(addresses), ...SHIPPED_BY },
  };
}

/** Who was signed in when a document came, as the server says (`sensors.ts`). */
const SHIPPED_BY = {
  shipped_by: {
    properties: {
      username: { type: 'keyword' },
      metadata: { properties: { hosts: { type: 'keyword' } } },
    },
  },
};

const NAME = { type: 'keyword', ignore_above: 8191 };

/**
 * Entities are found by a digest: their text may be longer than a keyword. What is inside `details` no
 * field list shows, since it is flattened: charts need techniques and tactics as fields of their own.
 */
export function alertMapping(): Mapping {
  const mapping = mappingOfDocument(alertSchema);
  return {
    ...mapping,
    properties: {
      ...mapping.properties,
      entity_key: { type: 'keyword' },
      mitre_techniques: NAME,
      mitre_tactics: NAME,
      threat: {
        properties: {
          technique: { properties: { id: { type: 'alias', path: 'mitre_techniques' } } },
          tactic: { properties: { name: { type: 'alias', path: 'mitre_tactics' } } },
        },
      },
    },
  };
}

export function blockMapping(): Mapping {
  return mappingOfDocument(blockSchema);
}

/** What Elasticsearch calls the type of a field. */
export function typeOf({ type }: Pick<FieldDescription, 'type'>): string {
  return String(mappingOf(type)['type']);
}

/**
 * The mapping of a document: `dynamic: false`, so that a field nobody defined can
 * never create a mapping, and one alias per ECS name. An ECS name below the field itself
 * (`user_agent.original` of `user_agent`) is a multi-field, since nothing can be an object and a value.
 * Long keywords are cut by `ignore_above` (8,191 characters: below Lucene's 32,766 bytes even at
 * 4 bytes a character). Throws TypeError when an ECS name is taken or lies below another field.
 */
export function mappingOfDocument(schema: z.ZodObject): Mapping {
  const properties: Properties = {};
  const described = describeFields(schema);
  for (const entry of described) properties[entry.name] = mappingOf(entry.type);
  for (const { name, ecs, type } of described) {
    if (ecs === undefined) continue;
    if (ecs.startsWith(`${name}.`))
      properties[name] = {
        ...mappingOf(type),
        fields: { [ecs.slice(name.length + 1)]: mappingOf(type) },
      };
    else placeAlias(properties, ecs, name);
  }
  return { dynamic: false, properties };
}

type Properties = Record<string, Record<string, unknown>>;

function mappingOf(type: FieldType): Record<string, unknown> {
  switch (type) {
    case 'keyword':
      return { type: 'keyword', ignore_above: 8191 };
    case 'object':
      return { type: 'flattened', ignore_above: 8191, depth_limit: 20 };
    default:
      return { type };
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
