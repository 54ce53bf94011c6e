import { describe, expect, it } from 'vitest';
import type { ResponseAction, Severity } from '@mini-soc/model';
import { HOUR_MS, ip, makeAlert, POLICY, START } from '../../test/response-fixture.ts';
import { decide } from './decide.ts';

const NOW = new Date(START + 30_000);
const NONE = { isBlocked: false, total: 0 };
const verdictOf = (
  change: Parameters<typeof makeAlert>[0] = {},
  details: Parameters<typeof makeAlert>[1] = {},
  policy: Partial<typeof POLICY> = {},
) => decide(makeAlert(change, details), { ...POLICY, ...policy }, NONE, NOW);

describe('decide()', () => {
  it('decide() blocks a parsed address for the duration that is set', () => {
    expect(verdictOf()).toEqual({
      outcome: 'blocked',
      action: 'block',
      reason: 'Blocked for 1h: BruteForceRule, high',
      address: '203.0.113.7',
      untilMs: NOW.getTime() + HOUR_MS,
    });
  });

  it.each([
    ['low', 'block', 'ignored'],
    ['medium', 'block', 'ticketed'],
    ['high', 'block', 'blocked'],
    ['high', 'ticket', 'ticketed'],
    ['high', 'ignore', 'ignored'],
    ['medium', 'ignore', 'ignored'],
  ] as [Severity, ResponseAction, string][])(
    'decide() answers %s with at most what the rule allows (%s): %s',
    (severity, allowed_action, outcome) => {
      const levels = { ...POLICY.levels, medium: 'ticket' as const };
      expect(verdictOf({ severity }, { allowed_action }, { levels }).outcome).toBe(outcome);
    },
  );

  it('decide() never blocks on evidence that could be forged (K03, K04)', () => {
    expect(verdictOf({ severity: 'critical' }, { spoofable: true })).toEqual({
      outcome: 'ticketed',
      action: 'ticket',
      reason: 'Ticket written: a stranger could have forged this evidence, so nobody is blocked',
    });
  });

  it('decide() writes a ticket for evidence that is not proven, whatever is asked for', () => {
    const details = {
      allowed_action: 'ticket',
      proof: 'unproven',
      proven_events: 3,
      unproven_because: ['untrusted'],
    } as const;
    for (const asksForProof of [true, false])
      expect(
        verdictOf({}, { ...details, unproven_because: ['untrusted'] }, { asksForProof }),
      ).toMatchObject({
        outcome: 'ticketed',
        reason:
          'Ticket written: not proven: 3 of 12 events are; any account could have written the lines',
      });
  });

  it('decide() blocks what nobody has confirmed only where nobody asks, and says what it would have been', () => {
    const details = {
      proof: 'unconfirmed' as const,
      proven_events: 0,
      unproven_because: ['not_connected' as const],
    };
    const asked = verdictOf({}, details, { asksForProof: true });
    expect(asked).toMatchObject({ outcome: 'ticketed', action: 'ticket' });
    expect(asked.reason).toMatch(
      /^Ticket written: not proven: 0 of 12 events are; the kernel had no/,
    );
    const simulated = verdictOf({}, details, { asksForProof: false });
    expect(simulated).toMatchObject({ outcome: 'blocked', address: '203.0.113.7' });
    expect(simulated.reason).toMatch(/ \(a ticket where proof is asked for: not proven: 0 of 12 /);
    expect(verdictOf({}, { proof: 'proven' }, { asksForProof: true }).outcome).toBe('blocked');
  });

  it('decide() writes a ticket when nobody knows the address', () => {
    const alert = makeAlert();
    const { source_ip: _gone, ...without } = alert;
    expect(decide(without, POLICY, NONE, NOW)).toMatchObject({
      outcome: 'ticketed',
      reason: expect.stringContaining('not known'),
    });
  });

  it.each([
    [-HOUR_MS, 'blocked'],
    [-HOUR_MS - 1, 'refused'],
    [-365 * 24 * HOUR_MS, 'refused'],
    [5 * 60_000, 'blocked'],
    [5 * 60_000 + 1, 'refused'],
    [10 * 365 * 24 * HOUR_MS, 'refused'],
  ])('decide() judges an alert whose last event is %d ms from now: %s (K17)', (ms, outcome) => {
    const last_seen = new Date(NOW.getTime() + ms).toISOString();
    expect(verdictOf({ last_seen }).outcome).toBe(outcome);
  });

  it('decide() says why an address was not blocked', () => {
    expect(verdictOf({ source_ip: '127.0.0.1' })).toEqual({
      outcome: 'refused',
      action: 'block',
      code: 'loopback',
      reason: 'Not blocked: it is a loopback address',
    });
    expect(verdictOf({}, {}, { ownAddresses: [ip('203.0.113.7')] })).toMatchObject({ code: 'own' });
  });

  it('decide() keeps the reason short, whatever a rule is called', () => {
    expect(verdictOf({ rule_name: 'x'.repeat(10_000) }).reason.length).toBeLessThan(200);
  });
});
