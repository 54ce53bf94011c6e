import {
  ALERT_FIELDS,
  alertSchema,
  BLOCK_FIELDS,
  blockSchema,
  EVENT_FIELDS,
  eventSchema,
  field,
} from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mappingOfDocument, typeOf } from './mapping.ts';

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

describe('mappingOfDocument()', () => {
  it.each(DOCUMENTS)('mappingOfDocument() keeps the $name closed and typed', (document) => {
    const mapping = mappingOfDocument(document.schema);
    expect(mapping.dynamic).toBe(false);
    for (const entry of document.fields)
      expect(mapping.properties[entry.name]).toMatchObject({ type: typeOf(entry) });
  });

  it.each(DOCUMENTS)(
    'mappingOfDocument() leads every ECS name of the $name to its field',
    (document) => {
      const { properties } = mappingOfDocument(document.schema);
      const names = document.fields.flatMap((entry) => entry.ecs ?? []);
      expect(new Set(names).size).toBe(names.length);
      for (const entry of document.fields) {
        if (entry.ecs === undefined) continue;
        const isBelow = entry.ecs.startsWith(`${entry.name}.`);
        expect({ ecs: entry.ecs, node: lookUp(properties, entry.ecs) }).toMatchObject({
          ecs: entry.ecs,
          node: isBelow ? { type: typeOf(entry) } : { type: 'alias', path: entry.name },
        });
      }
    },
  );

  it.each(DOCUMENTS)(
    'mappingOfDocument() makes nothing of the $name both object and value',
    (document) => {
      const both: string[] = [];
      const walk = (properties: Node, path: string): void => {
        for (const [name, node] of Object.entries(properties) as [string, Node][]) {
          if (node['properties'] === undefined) continue;
          if (node['type'] !== undefined) both.push(`${path}${name}`);
          walk(node['properties'] as Node, `${path}${name}.`);
        }
      };
      walk(mappingOfDocument(document.schema).properties, '');
      expect(both).toEqual([]);
    },
  );

  it('mappingOfDocument() keeps an ECS name below its own field as a multi-field', () => {
    expect(mappingOfDocument(eventSchema).properties['user_agent']).toEqual({
      type: 'keyword',
      ignore_above: 8191,
      fields: { original: { type: 'keyword', ignore_above: 8191 } },
    });
  });

  it('mappingOfDocument() refuses an ECS name that is taken or below another field', () => {
    const twice = z.object({
      a: field(z.string(), { description: 'a', type: 'keyword', ecs: 'x.y' }),
      b: field(z.string(), { description: 'b', type: 'keyword', ecs: 'x.y' }),
    });
    const below = z.object({
      a: field(z.string(), { description: 'a', type: 'keyword' }),
      b: field(z.string(), { description: 'b', type: 'keyword', ecs: 'a.y' }),
    });
    expect(() => mappingOfDocument(twice)).toThrow('ECS name "x.y" is taken');
    expect(() => mappingOfDocument(below)).toThrow('ECS name "a.y" lies below the field "a"');
  });
});
