import { describe, expect, it } from 'vitest';
import type { Gap } from '@mini-soc/detect';
import { COUNT_5, makeRule } from '../../../../packages/detect/test/make-rule.ts';
import { describeCoverage } from './describe-coverage.ts';

const NOW_MS = Date.parse('2026-03-02T10:00:00Z');
const rules = [makeRule(COUNT_5)];
const say = (...gaps: Gap[]) =>
  describeCoverage(
    rules,
    () => ({ since: '2026-03-01T00:00:00Z', evaluated_through: '2026-03-02T10:00:00Z', gaps }),
    NOW_MS,
  );

describe('describeCoverage()', () => {
  it('describeCoverage() says what was blind and that it was made up for', () => {
    expect(
      say({
        from: '2026-03-02T08:00:00.123Z',
        to: '2026-03-02T08:05:00.000Z',
        reason: 'Detection was not running',
      }),
    ).toEqual({
      isWell: true,
      state:
        '1 rule was blind from 2026-03-02 08:00:00 UTC to 2026-03-02 08:05:00 UTC (Detection was not running); what arrived meanwhile was evaluated afterwards',
    });
  });

  it('describeCoverage() is not well while a rule is blind', () => {
    expect(say({ from: '2026-02-01T08:00:00.000Z', reason: 'The disk is full' })).toEqual({
      isWell: false,
      state: '1 rule is blind since 2026-02-01 08:00:00 UTC: The disk is full',
    });
  });

  it('describeCoverage() lets old gaps rest', () => {
    expect(
      say({ from: '2026-02-01T08:00:00Z', to: '2026-02-01T09:00:00Z', reason: 'x' }).state,
    ).toBe('no gaps in the last 24 h');
  });
});
