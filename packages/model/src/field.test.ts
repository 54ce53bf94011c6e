import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ALERT_FIELDS, alertSchema } from './alert.ts';
import { BLOCK_FIELDS, blockSchema } from './block.ts';
import { EVENT_FIELDS, eventSchema } from './event.ts';
import { describeFields, elasticsearchMapping, field, type ColumnType } from './field.ts';

const DOCUMENTS = [
  { name: 'event', schema: eventSchema, fields: EVENT_FIELDS },
  { name: 'alert', schema: alertSchema, fields: ALERT_FIELDS },
  { name: 'block', schema: blockSchema, fields: BLOCK_FIELDS },
] as const;

type Node = Readonly<Record<string, unknown>>;

/** The node a dotted name leads to in a mapping, through objects and multi-fields. */
function lookUp(properties: Node, name: string): Node | undefined {
  let level: Node | undefined = properties;
  let node: Node | undefined;
  for (const part of name.split('.')) {
    node = level?.[part] as Node | undefined;
    level = (node?.['properties'] ?? node?.['fields']) as Node | undefined;
  }
  return node;
}

describe('field()', () => {
  it('field() refuses a schema that another field has', () => {
    const shared = field(z.string(), { description: 'first', mapping: 'keyword' });
    expect(() => field(shared, { description: 'second', mapping: 'text' })).toThrow(TypeError);
  });
});

describe('describeFields()', () => {
  it('describeFields() lists the fields in their order with what follows from them', () => {
    const schema = z.object({
      first: field(z.string(), { description: 'one', mapping: 'keyword', ecs: 'a.b' }),
      second: field(z.array(z.string()).optional(), { description: 'two', mapping: 'keyword' }),
      third: field(z.int().optional(), { description: 'three', mapping: 'long' }),
    });
    expect(describeFields(schema)).toEqual([
      {
        name: 'first',
        description: 'one',
        mapping: 'keyword',
        ecs: 'a.b',
        column: 'VARCHAR',
        isArray: false,
        isOptional: false,
      },
      {
        name: 'second',
        description: 'two',
        mapping: 'keyword',
        column: 'JSON',
        isArray: true,
        isOptional: true,
      },
      {
        name: 'third',
        description: 'three',
        mapping: 'long',
        column: 'BIGINT',
        isArray: false,
        isOptional: true,
      },
    ]);
  });

  it('describeFields() refuses a field without facts', () => {
    expect(() => describeFields(z.object({ bare: z.string() }))).toThrow(
      'Field "bare" has no facts: wrap it in field()',
    );
  });

  it.each(DOCUMENTS)('describeFields() knows every field of the $name', ({ schema, fields }) => {
    expect(fields.map((entry) => entry.name)).toEqual(Object.keys(schema.shape));
    for (const entry of fields) expect(entry.description).toMatch(/^\S.*[^.\s]$/);
  });

  it.each([
    ['keyword', 'VARCHAR'],
    ['text', 'VARCHAR'],
    ['ip', 'VARCHAR'],
    ['date', 'BIGINT'],
    ['integer', 'BIGINT'],
    ['long', 'BIGINT'],
    ['float', 'DOUBLE'],
    ['boolean', 'BOOLEAN'],
    ['flattened', 'JSON'],
  ] as const)('describeFields() gives %s the DuckDB column %s', (mapping, column) => {
    const schema = z.object({ x: field(z.unknown(), { description: 'x', mapping }) });
    expect(describeFields(schema)[0]?.column).toBe<ColumnType>(column);
  });
});

describe('elasticsearchMapping()', () => {
  it.each(DOCUMENTS)('elasticsearchMapping() keeps the $name closed and typed', (document) => {
    const mapping = elasticsearchMapping(document.schema);
    expect(mapping.dynamic).toBe(false);
    for (const entry of document.fields)
      expect(mapping.properties[entry.name]).toMatchObject({ type: entry.mapping });
  });

  it.each(DOCUMENTS)(
    'elasticsearchMapping() leads every ECS name of the $name to its field',
    (document) => {
      const { properties } = elasticsearchMapping(document.schema);
      const names = document.fields.flatMap((entry) => entry.ecs ?? []);
      expect(new Set(names).size).toBe(names.length);
      for (const entry of document.fields) {
        if (entry.ecs === undefined) continue;
        const isBelow = entry.ecs.startsWith(`${entry.name}.`);
        expect({ ecs: entry.ecs, node: lookUp(properties, entry.ecs) }).toMatchObject({
          ecs: entry.ecs,
          node: isBelow ? { type: entry.mapping } : { type: 'alias', path: entry.name },
        });
      }
    },
  );

  it.each(DOCUMENTS)(
    'elasticsearchMapping() makes nothing of the $name both object and value',
    (document) => {
      const both: string[] = [];
      const walk = (properties: Node, path: string): void => {
        for (const [name, node] of Object.entries(properties) as [string, Node][]) {
          if (node['properties'] === undefined) continue;
          if (node['type'] !== undefined) both.push(`${path}${name}`);
          walk(node['properties'] as Node, `${path}${name}.`);
        }
      };
      walk(elasticsearchMapping(document.schema).properties, '');
      expect(both).toEqual([]);
    },
  );

  it('elasticsearchMapping() keeps an ECS name below its own field as a multi-field', () => {
    expect(elasticsearchMapping(eventSchema).properties['user_agent']).toEqual({
      type: 'keyword',
      ignore_above: 8191,
      fields: { original: { type: 'keyword', ignore_above: 8191 } },
    });
  });

  it('elasticsearchMapping() refuses an ECS name that is taken or below another field', () => {
    const twice = z.object({
      a: field(z.string(), { description: 'a', mapping: 'keyword', ecs: 'x.y' }),
      b: field(z.string(), { description: 'b', mapping: 'keyword', ecs: 'x.y' }),
    });
    const below = z.object({
      a: field(z.string(), { description: 'a', mapping: 'keyword' }),
      b: field(z.string(), { description: 'b', mapping: 'keyword', ecs: 'a.y' }),
    });
    expect(() => elasticsearchMapping(twice)).toThrow('ECS name "x.y" is taken');
    expect(() => elasticsearchMapping(below)).toThrow('ECS name "a.y" lies below the field "a"');
  });
});
