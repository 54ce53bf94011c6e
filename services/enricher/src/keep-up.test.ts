import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepUp } from './keep-up.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function part(answers: readonly (string | Error)[]) {
  const opened: number[] = [];
  const pauses: number[] = [];
  const began = Date.now();
  const kept = keepUp<string>({
    open: async () => {
      const answer = answers[Math.min(opened.length, answers.length - 1)] as string | Error;
      opened.push(Date.now() - began);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onDown: (_reason, pauseMs) => pauses.push(pauseMs),
    firstPauseMs: 100,
    longestPauseMs: 400,
  });
  return { kept, opened, pauses };
}

describe('keepUp()', () => {
  it('opens again after pauses that double up to the longest, and says why it is away', async () => {
    const { kept, opened, pauses } = part([new Error('away')]);
    kept.start();
    await vi.advanceTimersByTimeAsync(1600);
    expect(opened).toEqual([0, 100, 300, 700, 1100, 1500]);
    expect(pauses).toEqual([100, 200, 400, 400, 400, 400]);
    expect([kept.current(), kept.reason()]).toEqual([undefined, 'away']);
    kept.stop();
  });

  it('comes back by itself, and begins with the first pause when it fails later', async () => {
    const { kept, pauses } = part([new Error('away'), 'up']);
    kept.start();
    await vi.advanceTimersByTimeAsync(100);
    expect([kept.current(), kept.reason()]).toEqual(['up', '']);
    kept.fail('slow');
    kept.fail('slow too');
    expect([kept.current(), kept.reason(), pauses]).toEqual([undefined, 'slow', [100, 100]]);
    await vi.advanceTimersByTimeAsync(100);
    expect(kept.current()).toBe('up');
    kept.stop();
  });

  it('opens nothing once it is stopped', async () => {
    const { kept, opened } = part([new Error('away')]);
    kept.start();
    await vi.advanceTimersByTimeAsync(50);
    kept.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(opened).toEqual([0]);
  });
});
