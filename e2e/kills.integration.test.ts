/** The long form of what embedded.test.ts does with three kills. */
import { expect, it } from 'vitest';
import { EVERY_LINE_ONCE, replayWithKills } from './replay-with-kills.ts';

it('loses and doubles nothing when it is killed 20 times in a replay of 100,000 lines', async () => {
  expect(await replayWithKills(20)).toEqual(EVERY_LINE_ONCE);
}, 400_000);
