import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFolder, removeFolder } from '../../test/response-fixture.ts';
import { ageAt, isDisturbed, passedMs, readBootId, type Moment } from './clocks.ts';

const at = (boot: string | undefined, monotonicMs: number, wallMs: number): Moment => ({
  boot,
  monotonicMs,
  wallMs,
});

describe('passedMs()', () => {
  it('passedMs() goes by the monotonic clock within one run of the system', () => {
    expect(passedMs(at('a', 1000, 5000), at('a', 3000, 9_000_000))).toBe(2000);
    expect(passedMs(at('a', 1000, 9_000_000), at('a', 3000, 5000))).toBe(2000);
  });

  it('passedMs() goes by the wall clock over a restart of the system, and never back', () => {
    expect(passedMs(at('a', 9000, 5000), at('b', 1000, 8000))).toBe(3000);
    expect(passedMs(at('a', 1000, 5000), at('b', 9000, 2000))).toBe(0);
    expect(passedMs(at(undefined, 1000, 5000), at(undefined, 9000, 8000))).toBe(3000);
  });

  it('passedMs() does not believe a monotonic clock that went back', () => {
    expect(passedMs(at('a', 9000, 5000), at('a', 1000, 8000))).toBe(3000);
  });
});

describe('ageAt()', () => {
  it('ageAt() is the time that really passed, however the wall clock was set in between', () => {
    const step = fc.record({
      passes: fc.nat(10_000),
      set: fc.integer({ min: -10_000_000, max: 10_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.boolean(), (steps, reboots) => {
        const now = { boot: 1, monotonicMs: 1_000_000, wallMs: 50_000_000, trueMs: 0 };
        const moment = () => at(`boot-${now.boot}`, now.monotonicMs, now.wallMs);
        const begin = { ...moment(), ageMs: 0 };
        const way: Moment[] = [];
        for (const { passes, set } of steps) {
          // Noted before and after the clock is set: what the product does each second.
          way.push(moment());
          now.wallMs += set;
          way.push(moment());
          now.trueMs += passes;
          now.wallMs += passes;
          now.monotonicMs += passes;
          if (!reboots) continue;
          now.boot += 1;
          now.monotonicMs = 5000;
        }
        expect(ageAt(begin, way, moment())).toBe(now.trueMs);
      }),
    );
  });
});

describe('isDisturbed()', () => {
  it('isDisturbed() tells a set clock from one that is corrected', () => {
    expect(isDisturbed(at('a', 0, 0), at('a', 10_000, 11_500))).toBe(false);
    expect(isDisturbed(at('a', 0, 0), at('a', 10_000, 12_500))).toBe(true);
    expect(isDisturbed(at('a', 0, 20_000), at('a', 10_000, 0))).toBe(true);
    expect(isDisturbed(at('a', 0, 0), at('b', 0, 0))).toBe(true);
    expect(isDisturbed(at(undefined, 0, 0), at(undefined, 0, 1e9))).toBe(false);
  });
});

describe('readBootId()', () => {
  it('readBootId() takes what is one, and nothing else', async () => {
    const folder = await makeFolder();
    try {
      const file = path.join(folder, 'boot_id');
      expect(readBootId(file)).toBeUndefined();
      await writeFile(file, 'rubbish\n');
      expect(readBootId(file)).toBeUndefined();
      await writeFile(file, '3f1c9a52-8a4e-4d0f-9b57-9f4a0a9c1e11\n');
      expect(readBootId(file)).toBe('3f1c9a52-8a4e-4d0f-9b57-9f4a0a9c1e11');
    } finally {
      await removeFolder(folder);
    }
  });
});
