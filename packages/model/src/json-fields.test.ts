import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EVENT_FIELDS, EVENT_STATUSES, LOG_TYPES } from './event.ts';
import { describeFields, field, type FieldFacts } from './field.ts';
import { JSON_FIELDS, jsonField } from './json-fields.ts';

function read(schema: z.ZodType, type: FieldFacts['type']) {
  const shape = { planted: field(schema, { description: 'x', type }) };
  const [described] = describeFields(z.strictObject(shape));
  if (described === undefined) throw new TypeError('expected a field');
  return jsonField(described, shape.planted);
}

describe('JSON_FIELDS', () => {
  it('JSON_FIELDS has every field of an event but the line, its time and what only we say', () => {
    const apart = EVENT_FIELDS.map((entry) => entry.name).filter((name) => !(name in JSON_FIELDS));
    expect(apart).toEqual([
      '@timestamp',
      'event_id',
      'ingested_at',
      'message',
      'source_network',
      'source_host',
      'source_zone',
      'command_programs',
      'command_traits',
      'url_decoded',
      'repeat_count',
      'log_file',
      'log_offset',
      'sensor',
      'flags',
      'extra',
    ]);
  });

  it('JSON_FIELDS has the bounds of the schema', () => {
    expect(JSON_FIELDS).toMatchObject({
      action: { kind: 'text', max: 64 },
      username: { kind: 'text', max: 65_536 },
      source_port: { kind: 'whole', min: 0, max: 65_535 },
      bytes: { kind: 'whole', min: 0, max: Number.MAX_SAFE_INTEGER },
      destination_ip: { kind: 'address' },
      is_off_hours: { kind: 'truth' },
      log_type: { kind: 'one-of', words: [...LOG_TYPES] },
      status: { kind: 'one-of', words: [...EVENT_STATUSES] },
    });
  });
});

describe('jsonField()', () => {
  it('jsonField() takes what is optional for what it is', () => {
    expect(read(z.string().max(9).optional(), 'keyword')).toEqual({ kind: 'text', max: 9 });
  });

  it.each<[string, z.ZodType, FieldFacts['type']]>([
    ['a list', z.array(z.string()), 'keyword'],
    ['an object', z.record(z.string(), z.unknown()), 'object'],
    ['a time', z.iso.datetime(), 'date'],
    ['a fraction', z.number(), 'float'],
    ['a text without a bound', z.string(), 'keyword'],
  ])('jsonField() refuses %s, which would go to extra without a word', (_what, schema, type) => {
    expect(() => read(schema, type)).toThrow(/^Field "planted" cannot be read from JSON: /);
  });
});
