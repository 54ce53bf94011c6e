import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ignoreLimits } from '@mini-soc/model';
import { createCoverage } from './coverage.ts';

const at = (seconds: number): number => Date.parse('2026-11-21T10:00:00.000Z') + seconds * 1000;
const text = (seconds: number): string => new Date(at(seconds)).toISOString();
const fresh = (saved?: unknown) =>
  createCoverage({ saved, toleranceMs: 35_000, onLimit: ignoreLimits });

describe('createCoverage()', () => {
  it('createCoverage() knows no gap while cycles follow each other', () => {
    const coverage = fresh();
    for (let second = 0; second <= 600; second += 15) coverage.evaluated('a', at(second));
    expect(coverage.of('a')).toEqual({
      since: text(0),
      evaluated_through: text(600),
      gaps: [],
    });
  });

  it('createCoverage() writes a downtime at the start and fills it with the first cycle', () => {
    const before = fresh();
    before.evaluated('a', at(0));
    const after = fresh(before.save(at(0)));
    after.begin(['a', 'new'], at(600));
    expect(after.of('a')?.gaps).toEqual([{ from: text(0), reason: 'Detection was not running' }]);
    after.evaluated('a', at(601));
    expect(after.of('a')?.gaps).toEqual([
      { from: text(0), to: text(601), reason: 'Detection was not running', filled_at: text(601) },
    ]);
    expect(after.of('new')).toBeUndefined();
  });

  it('createCoverage() takes a quick restart for no gap', () => {
    const before = fresh();
    before.evaluated('a', at(0));
    const after = fresh(before.save(at(0)));
    after.begin(['a'], at(20));
    after.evaluated('a', at(21));
    expect(after.of('a')?.gaps).toEqual([]);
  });

  it('createCoverage() names the error that made a rule blind, once', () => {
    const coverage = fresh();
    coverage.evaluated('a', at(0));
    for (const second of [15, 30, 45, 60]) coverage.failed('a', at(second), 'Cannot read');
    expect(coverage.of('a')?.gaps).toEqual([{ from: text(0), reason: 'Cannot read' }]);
    coverage.evaluated('a', at(75));
    expect(coverage.of('a')?.gaps).toMatchObject([{ to: text(75), filled_at: text(75) }]);
  });

  it('createCoverage() begins afresh with a state it does not understand', () => {
    for (const saved of [undefined, null, 'x', { a: 1 }, { a: { since: 1 } }]) {
      const coverage = fresh(saved);
      coverage.evaluated('a', at(0));
      expect(coverage.of('a')?.gaps).toEqual([]);
    }
  });

  it('createCoverage() covers all time: every silence longer than the tolerance is a gap, whatever restarts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ waitS: fc.integer({ min: 1, max: 120 }), restart: fc.boolean() }), {
          maxLength: 40,
        }),
        (steps) => {
          let coverage = fresh();
          let now = 0;
          coverage.evaluated('a', at(now));
          const wanted: (readonly [string, string])[] = [];
          for (const { waitS, restart } of steps) {
            const last = now;
            now += waitS;
            if (restart) {
              coverage = fresh(coverage.save(at(now)));
              coverage.begin(['a'], at(now));
            }
            coverage.evaluated('a', at(now));
            if (waitS > 35) wanted.push([text(last), text(now)]);
          }
          expect(coverage.of('a')?.gaps.map((gap) => [gap.from, gap.to])).toEqual(wanted);
        },
      ),
    );
  });
});
