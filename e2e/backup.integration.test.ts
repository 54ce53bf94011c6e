/** The long form of what backup.test.ts does with two backups of a smaller store. */
import { expect, it } from 'vitest';
import { backUpWhileReading } from './back-up-while-reading.ts';

it(
  'restores 10 of 10 backups that were made while 2,000 lines/s came',
  { timeout: 600_000 },
  async () => {
    const restored = await backUpWhileReading(10, 20_000);
    expect(restored).toHaveLength(10);
    for (const one of restored)
      expect(one).toMatchObject({ missing: 0, doubled: 0, isBlocked: true });
  },
);
