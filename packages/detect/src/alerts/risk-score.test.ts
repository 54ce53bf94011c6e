import { SEVERITIES } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeAlert } from '../../test/make-alert.ts';
import { COUNT_5, DISTINCT_4 } from '../../test/make-rule.ts';
import { riskOfAlert, riskScoreOf, type RiskFactors } from './risk-score.ts';

const factors = fc.record({
  severity: fc.constantFrom(...SEVERITIES),
  eventCount: fc.integer({ min: 1, max: 10_000_000 }),
  threshold: fc.integer({ min: 1, max: 1000 }),
  breadth: fc.integer({ min: 0, max: 100_000 }),
  followers: fc.integer({ min: 0, max: 20 }),
});
const more: (keyof RiskFactors)[] = ['eventCount', 'breadth', 'followers'];

describe('riskScoreOf()', () => {
  it('riskScoreOf() is monotone in every factor, within 0 to 100', () => {
    fc.assert(
      fc.property(factors, fc.constantFrom(...more), fc.nat(100_000), (one, name, extra) => {
        const other = { ...one, [name]: (one[name] as number) + extra };
        expect(riskScoreOf(other)).toBeGreaterThanOrEqual(riskScoreOf(one));
        expect(riskScoreOf(other)).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('riskScoreOf() puts what is more severe above everything milder', () => {
    fc.assert(
      fc.property(factors, factors, (one, other) => {
        fc.pre(SEVERITIES.indexOf(one.severity) < SEVERITIES.indexOf(other.severity));
        expect(riskScoreOf(one)).toBeLessThan(riskScoreOf(other));
      }),
    );
  });

  it.each([
    [{}, 40],
    [{ eventCount: 10 }, 42],
    [{ eventCount: 80, breadth: 4 }, 51],
    [{ followers: 1 }, 44],
    [{ severity: 'critical' as const, eventCount: 100_000, breadth: 999, followers: 9 }, 99],
  ])('riskScoreOf() of five failures with %j is %i', (changes, score) => {
    expect(
      riskScoreOf({
        severity: 'medium',
        eventCount: 5,
        threshold: 5,
        breadth: 1,
        followers: 0,
        ...changes,
      }),
    ).toBe(score);
  });
});

describe('riskOfAlert()', () => {
  it('riskOfAlert() never falls, and counts measured values only where they were measured', () => {
    const alert = makeAlert();
    expect(riskOfAlert({ ...alert, risk_score: 77 }, COUNT_5)).toBe(77);
    const wide = { ...alert, details: { ...alert.details, peak_count: 64 } };
    expect(riskOfAlert(wide, DISTINCT_4)).toBeGreaterThan(riskOfAlert(wide, COUNT_5));
  });
});
