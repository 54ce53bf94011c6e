import { EVENT_FLAGS, FLAG_EFFECTS, type EventFlagName } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { COUNT_5, makeEvent, makeRule, START_MS } from '../../test/make-rule.ts';
import { evaluateRule } from './evaluate-rule.ts';
import { carriesBlock, proofOf } from './proof.ts';

const ROOT = { kind: 'equals', field: 'username', value: 'root', cased: false } as const;
const plain = makeRule(COUNT_5);
const withProof = makeRule(COUNT_5, { proof: { filter: ROOT, atLeast: 3, share: 0 } });

const failures = (names: readonly string[], everyMs = 1000, changes = {}) =>
  names.map((username, index) => makeEvent(index * everyMs, { username, ...changes }));
const only = (rule: typeof plain, events: ReturnType<typeof failures>) => {
  const [episode] = evaluateRule(rule, events);
  if (episode === undefined) throw new TypeError('No episode');
  return episode;
};
const five = (name: string) => Array.from({ length: 5 }, () => name);

describe('an episode as proof for a block', () => {
  it('carries none while what proves it is too small a share of it', () => {
    const half = makeRule(COUNT_5, { proof: { filter: ROOT, atLeast: 3, share: 0.5 } });
    const names = (strangers: number, people: number): readonly string[] =>
      Array.from({ length: strangers + people }, (_, index) =>
        index % 3 === 0 && index / 3 < strangers ? 'root' : `person${index}`,
      );
    const few = only(half, failures(names(4, 8)));
    expect(few).toMatchObject({ severity: 'low', proven: 4 });
    expect(carriesBlock(half, few)).toBe(false);
    const most = only(half, failures([...five('root'), ...names(0, 5)]));
    expect(most.severity).not.toBe('low');
    expect(carriesBlock(half, most)).toBe(true);
  });

  it('carries a block when its events would have reached the threshold', () => {
    expect(carriesBlock(plain, only(plain, failures(five('alice'))))).toBe(true);
  });

  it('carries none when their writer is not proven, and stays as severe', () => {
    const forged = only(plain, failures(five('root'), 1000, { flags: ['untrusted'] }));
    expect(forged.severity).toBe('medium');
    expect(carriesBlock(plain, forged)).toBe(false);
    const mixed = [
      ...failures(five('root').slice(1), 1000, { flags: ['untrusted'] }),
      makeEvent(5000),
    ];
    expect(carriesBlock(plain, only(plain, mixed))).toBe(false);
  });

  it.each(['no_timestamp', 'clock_skew'])('counts made-up times (%s) once a second', (flag) => {
    const read = only(plain, failures(five('root'), 10, { flags: [flag] }));
    expect(read.trusted).toBe(1);
    expect(carriesBlock(plain, read)).toBe(false);
    const followed = only(plain, failures(five('root'), 1000, { flags: [flag] }));
    expect(carriesBlock(plain, followed)).toBe(true);
  });

  it('is low without the proof its rule wants, however large', () => {
    const many = only(withProof, failures(Array.from({ length: 30 }, () => 'alice')));
    expect(many).toMatchObject({ severity: 'low', peak: 30, proven: 0 });
    expect(carriesBlock(withProof, many)).toBe(false);
  });

  it('climbs to what its largest window is as soon as it has the proof', () => {
    const episode = only(
      withProof,
      failures([...Array.from({ length: 12 }, () => 'alice'), 'root', 'root', 'root'], 4000),
    );
    expect(episode.severity).toBe('high');
    expect(episode.history.map(({ severity, atMs }) => [severity, atMs - START_MS])).toEqual([
      ['low', 16_000],
      ['high', 56_000],
    ]);
    expect(carriesBlock(withProof, episode)).toBe(true);
  });
});

/** What five failures a second apart are worth, of which all have the flag. */
const WITH_FLAG: Readonly<Record<EventFlagName, 'proven' | 'unconfirmed' | 'unproven'>> = {
  untrusted: 'unproven',
  ambiguous: 'unproven',
  repeat_capped: 'unproven',
  not_connected: 'unconfirmed',
  other_host: 'unconfirmed',
  clock_skew: 'proven',
  no_timestamp: 'proven',
  cut: 'proven',
  invalid_utf8: 'proven',
  extra_cut: 'proven',
  double_encoding: 'proven',
  odd_encoding: 'proven',
  self_test: 'proven',
};

describe('proofOf()', () => {
  it.each(EVENT_FLAGS)('says what events with the flag %s carry', (flag) => {
    const alone = only(plain, failures(five('root'), 1000, { flags: [flag] }));
    expect(proofOf(plain, alone)).toBe(WITH_FLAG[flag]);
    const more = Array.from({ length: 5 }, (_, index) =>
      makeEvent(5000 + index, { flags: [flag] }),
    );
    expect(proofOf(plain, only(plain, [...failures(five('root')), ...more]))).toBe('proven');
    expect(alone.against).toEqual(FLAG_EFFECTS[flag].counts === 'whole' ? [] : [flag]);
  });

  it('wants the kind of event that the rule wants among the proven ones', () => {
    const people = failures(['a', 'b', 'c', 'd', 'e'], 1000);
    const forged = failures(five('root'), 1000, { flags: ['other_host'] });
    expect(proofOf(withProof, only(withProof, people))).toBeUndefined();
    const mixed = [...people, ...forged].toSorted((a, b) =>
      a['@timestamp'] < b['@timestamp'] ? -1 : 1,
    );
    expect(proofOf(withProof, only(withProof, mixed))).toBe('unconfirmed');
  });

  it('lets an address count that was there before or after, as far as the rule is about one', () => {
    const unseen = (atMs: number) => makeEvent(atMs, { flags: ['not_connected'] });
    const some = [unseen(0), unseen(1), makeEvent(2), unseen(3), unseen(4)];
    expect(proofOf(plain, only(plain, some))).toBe('proven');
    const byUser = { ...plain, query: { ...plain.query, groupBy: ['username'] } };
    expect(proofOf(byUser, only(byUser, some))).toBe('unconfirmed');
    const foreign = [0, 1, 3, 4].map((atMs) => makeEvent(atMs, { flags: ['other_host'] }));
    const mixed = [...foreign.slice(0, 2), makeEvent(2), ...foreign.slice(2)];
    const inOrder = mixed.toSorted((x, y) => (x['@timestamp'] < y['@timestamp'] ? -1 : 1));
    expect(proofOf(plain, only(plain, inOrder))).toBe('unconfirmed');
  });

  it('lets repeats count behind a plain line, and a few of them', () => {
    const repeat = (atMs: number, count: number) => makeEvent(atMs, { repeat_count: count });
    expect(carriesBlock(plain, only(plain, [repeat(0, 9999)]))).toBe(false);
    expect(carriesBlock(plain, only(plain, [repeat(0, 9999), repeat(1, 9999)]))).toBe(false);
    const real = only(plain, [makeEvent(0), repeat(1, 4)]);
    expect([real.eventCount, real.firm]).toEqual([5, 5]);
    expect(proofOf(plain, real)).toBe('proven');
    expect(only(plain, [makeEvent(0), repeat(1, 9999)]).firm).toBe(6);
  });
});
