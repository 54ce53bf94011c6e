import { describe, expect, it } from 'vitest';
import { createProblemTeller } from './tell-problems.ts';

function start() {
  let nowMs = 0;
  const said: string[] = [];
  const teller = createProblemTeller({
    say: (sentence) => void said.push(sentence),
    monotonicMs: () => nowMs,
  });
  return {
    said,
    tell: (atMs: number, sentence: string) => {
      nowMs = atMs;
      teller.tell(sentence);
    },
  };
}

describe('createProblemTeller()', () => {
  it('tells the same problem once a minute, whatever its numbers', () => {
    const { said, tell } = start();
    tell(0, 'Cannot write to "/a/1": 5 MiB are free');
    tell(5000, 'Cannot write to "/a/1": 4 MiB are free');
    tell(59_999, 'Cannot write to "/a/1": 3 MiB are free');
    expect(said).toHaveLength(1);
    tell(60_000, 'Cannot write to "/a/1": 2 MiB are free');
    expect(said).toHaveLength(2);
  });

  it('tells other problems, and the same of another file, at once', () => {
    const { said, tell } = start();
    tell(0, 'Cannot read "/a/1"');
    tell(1, 'Cannot read "/a/2"');
    tell(2, 'Cannot write "/a/1"');
    expect(said).toHaveLength(3);
  });

  it('forgets old problems rather than grow', () => {
    const { said, tell } = start();
    for (let number = 0; number < 1000; number += 1) tell(0, `Cannot read "/a/${number}"`);
    tell(1, 'Cannot read "/a/0"');
    expect(said).toHaveLength(1001);
  });
});
