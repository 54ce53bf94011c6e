import { describe, expect, it } from 'vitest';
import { makeAlert } from '../test/make-alert.ts';
import { alertSchema, compareSeverity, SEVERITIES } from './alert.ts';
import { blockSchema } from './block.ts';
import { decisionSchema } from './decision.ts';

const AT = '2026-03-01T12:00:00.000Z';

const ALERT = makeAlert();

describe('alertSchema', () => {
  it('alertSchema gives back what it was given, also after JSON', () => {
    expect(alertSchema.parse(JSON.parse(JSON.stringify(ALERT)))).toEqual(ALERT);
  });

  it.each([
    ['no evidence of any event', { event_count: 0 }],
    ['a risk above 100', { risk_score: 101 }],
    ['an unknown severity', { severity: 'urgent' }],
    ['an unknown state of the outbox', { response: { state: 'sent' } }],
    [
      'more than 20 events as evidence',
      { details: { ...ALERT.details, evidence: Array(21).fill(ALERT.details.evidence[0]) } },
    ],
  ])('alertSchema refuses %s', (_what, change) => {
    expect(alertSchema.safeParse({ ...ALERT, ...change }).success).toBe(false);
  });
});

describe('compareSeverity()', () => {
  it('compareSeverity() orders from low to critical', () => {
    expect([...SEVERITIES].toReversed().toSorted(compareSeverity)).toEqual([...SEVERITIES]);
    expect(compareSeverity('high', 'high')).toBe(0);
    expect(compareSeverity('low', 'medium')).toBeLessThan(0);
  });
});

describe('blockSchema', () => {
  it('blockSchema gives back what it was given, also after JSON', () => {
    const block = {
      '@timestamp': AT,
      block_id: 'b1',
      kind: 'blocked',
      source_ip: '203.0.113.7',
      action_taken: '[SIMULATED] nothing was run',
      block_duration_seconds: 3600,
      expires_at: '2026-03-01T13:00:00.000Z',
      details: { nested: { list: [1, 'a', null] } },
    };
    expect(blockSchema.parse(JSON.parse(JSON.stringify(block)))).toEqual(block);
    expect(blockSchema.safeParse({ ...block, kind: 'banned' }).success).toBe(false);
  });
});

describe('decisionSchema', () => {
  it('decisionSchema wants to know whether it was simulated', () => {
    const decision = {
      decision_id: 'd1',
      alert_id: 'a1',
      action: 'block',
      outcome: 'refused',
      rule_name: 'BruteForceRule',
      severity: 'high',
      reason: 'The address is on the allow list',
      since: AT,
      simulated: true,
    };
    expect(decisionSchema.parse(decision)).toEqual(decision);
    expect(decisionSchema.safeParse({ ...decision, simulated: undefined }).success).toBe(false);
  });
});
