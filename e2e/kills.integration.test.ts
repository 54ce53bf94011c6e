/** The long form of what embedded.test.ts does with three kills and as many lines between them. */
import { expect, it } from 'vitest';
import { everyLineOnce, replayWithKills } from './replay-with-kills.ts';

it('loses and doubles nothing when it is killed 20 times in a replay of 100,000 lines', async () => {
  expect(await replayWithKills(20, 100_000)).toEqual(everyLineOnce(100_000));
}, 900_000);
