import { describe, expect, it } from 'vitest';
import { EVENT_FIELDS, eventSchema, GROUND_TRUTH_FIELDS } from './event.ts';
import { eventFieldName } from './event-names.ts';

const EVENT = {
  '@timestamp': '2026-03-01T12:00:00.000Z',
  event_id: 'abc:0',
  ingested_at: '2026-03-01T12:00:01.000Z',
  message:
    'Mar  1 12:00:00 web01 sshd[1]: Failed password for root from 203.0.113.7 port 4711 ssh2',
  log_type: 'auth',
  action: 'ssh_login',
  status: 'failure',
  source_ip: '203.0.113.7',
  source_port: 4711,
  username: '',
  hostname: 'web01',
  program: 'sshd',
  pid: 1,
  repeat_count: 3,
  flags: ['ambiguous', 'cut'],
  extra: { winlog: { event_id: 4625, keywords: ['a', 'b'] } },
};

describe('eventSchema', () => {
  it('eventSchema gives back what it was given, also after JSON', () => {
    expect(eventSchema.parse(EVENT)).toEqual(EVENT);
    expect(eventSchema.parse(JSON.parse(JSON.stringify(EVENT)))).toEqual(EVENT);
  });

  it('eventSchema is content with the fields every event has', () => {
    const required = EVENT_FIELDS.filter((field) => !field.isOptional).map((field) => field.name);
    expect(required).toEqual(['@timestamp', 'event_id', 'message', 'log_type', 'action', 'status']);
    const least = Object.fromEntries(
      Object.entries(EVENT).filter(([name]) => required.includes(name)),
    );
    expect(eventSchema.safeParse(least).success).toBe(true);
  });

  it.each([
    ['an unknown field', { hostnam: 'x' }],
    ['a port beyond 65535', { source_port: 65_536 }],
    ['a port that is text', { source_port: '22' }],
    ['a fraction of a pid', { pid: 1.5 }],
    ['a time without a zone', { '@timestamp': '2026-03-01T12:00:00' }],
    ['a status nobody knows', { status: 'failed' }],
    ['a flag nobody knows', { flags: ['strange'] }],
    ['an empty id', { event_id: '' }],
    ['an id of 129 characters', { event_id: 'x'.repeat(129) }],
    ['a value over 64 KiB', { command: 'x'.repeat(65_537) }],
    ['no repeat at all', { repeat_count: 0 }],
    ['a repeat beyond the cap', { repeat_count: 10_001 }],
    ['null for a missing field', { username: null }],
  ])('eventSchema refuses %s', (_what, change) => {
    expect(eventSchema.safeParse({ ...EVENT, ...change }).success).toBe(false);
  });
});

describe('eventFieldName()', () => {
  it('eventFieldName() knows the flat and the ECS name of every field', () => {
    for (const field of EVENT_FIELDS) {
      expect(eventFieldName(field.name)).toBe(field.name);
      if (field.ecs !== undefined)
        expect([field.ecs, eventFieldName(field.ecs)]).toEqual([field.ecs, field.name]);
    }
  });

  it('eventFieldName() knows no other name, nor what objects inherit', () => {
    for (const name of ['', 'source', 'source.', 'SOURCE_IP', 'toString', '__proto__', 'extra.x'])
      expect(eventFieldName(name)).toBeUndefined();
  });

  it('eventFieldName() never mistakes an ECS name for the flat name of another field', () => {
    const flat = new Set(EVENT_FIELDS.map((field) => field.name));
    expect(EVENT_FIELDS.filter((field) => field.ecs !== undefined && flat.has(field.ecs))).toEqual(
      [],
    );
  });
});

describe('GROUND_TRUTH_FIELDS', () => {
  it("GROUND_TRUTH_FIELDS are the generator's labels", () => {
    expect(GROUND_TRUTH_FIELDS).toEqual(['scenario', 'is_off_hours']);
  });
});
