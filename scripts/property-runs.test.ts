import { describe, expect, it } from 'vitest';
import { propertyRuns } from './property-runs.ts';

describe('propertyRuns()', () => {
  it('propertyRuns() gives the share that is asked for, and never next to nothing', () => {
    expect(propertyRuns(1000, '100')).toBe(1000);
    expect(propertyRuns(1000, '20')).toBe(200);
    expect(propertyRuns(1000, '500')).toBe(5000);
    expect(propertyRuns(8, '20')).toBe(4);
    expect(propertyRuns(2, '20')).toBe(2);
  });

  it('propertyRuns() refuses what is no share', () => {
    for (const percent of ['0', '-1', 'all', ''])
      expect(() => propertyRuns(100, percent)).toThrow(
        `PROPERTY_RUNS_PERCENT must be a number above 0: current value is "${percent}"`,
      );
  });
});
