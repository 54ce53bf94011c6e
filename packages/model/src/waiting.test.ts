import { describe, expect, it } from 'vitest';
import { alertSchema, type Alert } from './alert.ts';
import { waitsFor, withWaiting } from './waiting.ts';

const NEW: Alert = alertSchema.parse({
  '@timestamp': '2026-11-21T03:41:00.000Z',
  alert_id: 'a',
  rule_id: 'r',
  rule_name: 'R',
  entity: {},
  severity: 'medium',
  risk_score: 40,
  event_count: 5,
  first_seen: '2026-11-21T03:41:00.000Z',
  last_seen: '2026-11-21T03:41:00.000Z',
  updated_at: '2026-11-21T03:41:00.000Z',
  status: 'open',
  late: false,
  enriched: false,
  response: { state: 'pending' },
  details: {
    summary: 's',
    window_seconds: 60,
    threshold: 5,
    peak_count: 5,
    evidence: [],
    history: [],
    rule_tags: [],
    spoofable: false,
    allowed_action: 'block',
  },
});

describe('waitsFor()', () => {
  it('waitsFor() reads of an alert of before what its own fields say', () => {
    expect(waitsFor(NEW)).toEqual(['response', 'enrichment']);
    expect(waitsFor({ ...NEW, enriched: true })).toEqual(['response']);
    expect(waitsFor({ ...NEW, response: { state: 'refused' } })).toEqual(['enrichment']);
    expect(waitsFor({ ...NEW, enriched: true, response: { state: 'done' } })).toEqual([]);
  });

  it('waitsFor() names nothing of an alert that another one took in', () => {
    const details = { ...NEW.details, merged_into: 'other' };
    expect(waitsFor({ ...NEW, details })).toEqual([]);
    expect(waitsFor({ ...withWaiting(NEW, ['mail']), details })).toEqual([]);
  });

  it('waitsFor() believes what an earlier version wrote last, and keeps the lanes it does not know', () => {
    const answered = { ...withWaiting(NEW, ['response', 'enrichment', 'mail']) };
    expect(waitsFor({ ...answered, response: { state: 'done' } })).toEqual(['enrichment', 'mail']);
    const climbed = { ...withWaiting(NEW, ['mail']), response: { state: 'pending' as const } };
    expect(waitsFor(climbed)).toEqual(['response', 'mail']);
  });
});

describe('withWaiting()', () => {
  const lanes = ['response', 'enrichment', 'mail'];
  const subsets = Array.from({ length: 8 }, (_, bits) =>
    lanes.filter((_lane, index) => (bits & (1 << index)) > 0),
  );

  it.each(subsets)('withWaiting() says %s %s %s in all fields alike', (...given) => {
    const wanted = given.filter((name) => typeof name === 'string');
    for (const before of [NEW, withWaiting(NEW, []), withWaiting(NEW, lanes)]) {
      const alert = withWaiting(before, wanted);
      expect(waitsFor(alert)).toEqual(wanted);
      expect(alert.waits_for).toEqual(wanted);
      expect(alertSchema.parse(alert)).toEqual(alert);
    }
  });

  it('withWaiting() keeps that response refused, until it is asked again', () => {
    const refused: Alert = { ...NEW, response: { state: 'refused', reason: 'On the allow list' } };
    expect(withWaiting(refused, []).response).toEqual(refused.response);
    expect(withWaiting(refused, ['response']).response).toEqual({
      ...refused.response,
      state: 'pending',
    });
  });
});

describe('alertSchema', () => {
  it.each([['Mail'], ['a b'], [''], ['a'.repeat(33)], ['"x"']])(
    'alertSchema refuses the lane "%s"',
    (name) => {
      expect(alertSchema.safeParse({ ...NEW, waits_for: [name] }).success).toBe(false);
    },
  );

  it('alertSchema refuses more lanes than there may be', () => {
    const many = Array.from({ length: 17 }, (_, index) => `lane-${index}`);
    expect(alertSchema.safeParse({ ...NEW, waits_for: many }).success).toBe(false);
    expect(alertSchema.safeParse({ ...NEW, waits_for: many.slice(1) }).success).toBe(true);
  });
});
