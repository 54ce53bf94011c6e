import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ALERT_FIELDS, alertSchema } from './alert.ts';
import { BLOCK_FIELDS, blockSchema } from './block.ts';
import { EVENT_FIELDS, eventSchema } from './event.ts';
import { describeFields, field } from './field.ts';

const DOCUMENTS = [
  { name: 'event', schema: eventSchema, fields: EVENT_FIELDS },
  { name: 'alert', schema: alertSchema, fields: ALERT_FIELDS },
  { name: 'block', schema: blockSchema, fields: BLOCK_FIELDS },
] as const;

describe('field()', () => {
  it('field() refuses a schema that another field has', () => {
    const shared = field(z.string(), { description: 'first', type: 'keyword' });
    expect(() => field(shared, { description: 'second', type: 'text' })).toThrow(TypeError);
  });
});

describe('describeFields()', () => {
  it('describeFields() lists the fields in their order with what follows from them', () => {
    const schema = z.object({
      first: field(z.string(), { description: 'one', type: 'keyword', ecs: 'a.b' }),
      second: field(z.array(z.string()).optional(), { description: 'two', type: 'keyword' }),
      third: field(z.int().optional(), { description: 'three', type: 'long' }),
    });
    expect(describeFields(schema)).toEqual([
      {
        name: 'first',
        description: 'one',
        type: 'keyword',
        ecs: 'a.b',
        isArray: false,
        isOptional: false,
      },
      {
        name: 'second',
        description: 'two',
        type: 'keyword',
        isArray: true,
        isOptional: true,
      },
      {
        name: 'third',
        description: 'three',
        type: 'long',
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
});
