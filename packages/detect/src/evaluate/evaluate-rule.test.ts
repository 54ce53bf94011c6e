import type { SocEvent } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import {
  COUNT_5,
  DISTINCT_4,
  FAILURE,
  makeEvent,
  makeRule,
  SEQUENCE_3,
  START_MS,
  SUCCESS,
} from '../../test/make-rule.ts';
import { evaluateRule } from './evaluate-rule.ts';

const at = (...seconds: readonly number[]): readonly SocEvent[] =>
  seconds.map((second) => makeEvent(second * 1000));

describe('evaluateRule() counts', () => {
  it('evaluateRule() fires for five within 59.6 s however they lie', () => {
    expect(evaluateRule(makeRule(COUNT_5), at(0, 14.9, 29.8, 44.7, 59.6))).toMatchObject([
      { startMs: START_MS, lastMs: START_MS + 59_600, eventCount: 5, peak: 5, severity: 'medium' },
    ]);
  });

  it('evaluateRule() stays silent for five over exactly 60.0 s and over 60.1 s', () => {
    expect(evaluateRule(makeRule(COUNT_5), at(0, 15, 30, 45, 60))).toEqual([]);
    expect(evaluateRule(makeRule(COUNT_5), at(0, 15, 30, 45, 60.1))).toEqual([]);
  });

  it('evaluateRule() stays silent for four', () => {
    expect(evaluateRule(makeRule(COUNT_5), at(0, 1, 2, 3))).toEqual([]);
  });

  it('evaluateRule() begins the episode with the first event of the first window', () => {
    const [episode] = evaluateRule(makeRule(COUNT_5), at(0, 100, 101, 102, 103, 104));
    expect(episode?.startMs).toBe(START_MS + 100_000);
    expect(episode?.eventCount).toBe(5);
  });

  it('evaluateRule() lets severity climb with the peak and never fall', () => {
    const burst = Array.from({ length: 22 }, (_, index) => index);
    const [episode] = evaluateRule(makeRule(COUNT_5), at(...burst, 200, 280));
    expect(episode).toMatchObject({ eventCount: 24, peak: 22, severity: 'critical' });
    expect(episode?.history).toEqual([
      { atMs: START_MS + 4000, severity: 'medium', eventCount: 5 },
      { atMs: START_MS + 9000, severity: 'high', eventCount: 10 },
      { atMs: START_MS + 19_000, severity: 'critical', eventCount: 20 },
    ]);
  });

  it('evaluateRule() ends an episode at the suppression time exactly', () => {
    const first = [0, 1, 2, 3, 4];
    const again = (gap: number) => first.map((second) => second + 4 + gap);
    expect(evaluateRule(makeRule(COUNT_5), at(...first, ...again(299.9)))).toHaveLength(1);
    expect(evaluateRule(makeRule(COUNT_5), at(...first, ...again(300)))).toHaveLength(2);
  });

  it('evaluateRule() wants the threshold again for a new episode', () => {
    expect(evaluateRule(makeRule(COUNT_5), at(0, 1, 2, 3, 4, 400, 401, 402, 403))).toHaveLength(1);
  });

  it('evaluateRule() counts a line that stands for n as n', () => {
    expect(
      evaluateRule(makeRule(COUNT_5), [makeEvent(0), makeEvent(1000, { repeat_count: 4 })]),
    ).toMatchObject([{ eventCount: 5, peak: 5 }]);
  });

  it('evaluateRule() refuses events out of order', () => {
    expect(() => evaluateRule(makeRule(COUNT_5), at(1, 0))).toThrow(RangeError);
  });
});

describe('evaluateRule() counts values', () => {
  const names = (...usernames: readonly string[]) =>
    usernames.map((username, index) => makeEvent(index * 1000, { username }));

  it('evaluateRule() folds case and counts each value once', () => {
    expect(evaluateRule(makeRule(DISTINCT_4), names('a', 'A', 'b', 'B', 'c'))).toEqual([]);
    expect(evaluateRule(makeRule(DISTINCT_4), names('a', 'A', 'b', 'c', 'd'))).toMatchObject([
      { peak: 4, eventCount: 5 },
    ]);
  });

  it('evaluateRule() counts the first value and the thousandth alike', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      makeEvent(index, { username: `u${index}` }),
    );
    expect(evaluateRule(makeRule(DISTINCT_4), many)).toMatchObject([
      { peak: 1000, eventCount: 1000 },
    ]);
  });
});

describe('evaluateRule() follows sequences', () => {
  const rule = makeRule(SEQUENCE_3, { windowMs: 300_000 });
  const success = (second: number) => makeEvent(second * 1000, { status: 'success' });

  it('evaluateRule() fires for a success after three failures', () => {
    expect(evaluateRule(rule, [...at(0, 1, 2), success(3)])).toMatchObject([
      { startMs: START_MS, lastMs: START_MS + 3000, eventCount: 4 },
    ]);
  });

  it('evaluateRule() stays silent for a success before or in the same instant as the failures', () => {
    expect(evaluateRule(rule, [success(0), ...at(1, 2, 3)])).toEqual([]);
    expect(evaluateRule(rule, [...at(0, 1, 2), success(2)])).toEqual([]);
  });

  it('evaluateRule() leaves out what came before the first failure', () => {
    expect(evaluateRule(rule, [success(0), ...at(1, 2, 3), success(4)])).toMatchObject([
      { startMs: START_MS + 1000, eventCount: 4 },
    ]);
  });

  it('evaluateRule() wants the whole sequence in one window', () => {
    expect(evaluateRule(rule, [...at(0, 1, 2), success(299.9)])).toHaveLength(1);
    expect(evaluateRule(rule, [...at(0, 1, 2), success(300)])).toEqual([]);
  });
});

describe('evaluateRule() grades by member', () => {
  const rule = makeRule(
    { kind: 'count', atLeast: 1 },
    {
      severityBy: 'member',
      severitySteps: [],
      members: [
        {
          name: 'root',
          title: 'Root',
          filter: { kind: 'equals', field: 'username', value: 'root', cased: false },
          level: 'critical',
          tags: [],
        },
        { name: 'any', title: 'Any', filter: FAILURE, level: 'low', tags: [] },
        { name: 'never', title: 'Never', filter: SUCCESS, level: 'high', tags: [] },
      ],
    },
  );

  it('evaluateRule() takes the highest level among the members that matched', () => {
    expect(evaluateRule(rule, [makeEvent(0, { username: 'bob' }), makeEvent(1000)])).toMatchObject([
      {
        severity: 'critical',
        members: ['any', 'root'],
        history: [{ severity: 'low' }, { severity: 'critical' }],
      },
    ]);
  });
});

describe('evaluateRule() keeps its memory small', () => {
  it('evaluateRule() keeps ten first and ten last events, twenty names and the number of the rest', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      makeEvent(index, { username: `u${index}`, message: 'x'.repeat(5000) }),
    );
    const [episode] = evaluateRule(makeRule(COUNT_5), many);
    expect(episode?.evidence.map((sample) => sample.event_id)).toEqual(
      [...many.slice(0, 10), ...many.slice(-10)].map((event) => event.event_id),
    );
    expect(episode?.evidence[0]?.message).toHaveLength(1000);
    expect(episode?.usernames).toMatchObject({ more: 480, isMoreCapped: true, only: undefined });
    expect(episode?.usernames.names).toHaveLength(20);
  });
});
