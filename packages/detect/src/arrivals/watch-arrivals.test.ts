import { ignoreLimits, type SocEvent } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import {
  COUNT_5,
  DISTINCT_4,
  makeEvent,
  makeRule,
  SEQUENCE_3,
  START_MS,
  SUCCESS,
} from '../../test/make-rule.ts';
import { evaluateRule } from '../evaluate/evaluate-rule.ts';
import { createArrivalWatch } from './watch-arrivals.ts';

const watchOf = (changes: Partial<Parameters<typeof createArrivalWatch>[0]> = {}) =>
  createArrivalWatch({
    rules: [makeRule(COUNT_5)],
    latenessMs: 120_000,
    startedMs: START_MS - 3_600_000,
    onLimit: ignoreLimits,
    ...changes,
  });

describe('createArrivalWatch()', () => {
  it('createArrivalWatch() sights an entity at the event that reaches the threshold, once', () => {
    const watch = watchOf();
    const sighted = Array.from({ length: 12 }, (_, index) => {
      const event = makeEvent(index * 14_900);
      return watch.observe([event], START_MS + index * 14_900).sightings.length;
    });
    expect(sighted).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('createArrivalWatch() sights nobody whose events are a window apart', () => {
    const watch = watchOf();
    for (const second of [0, 15, 30, 45, 60.1, 75.2, 90.3])
      expect(watch.observe([makeEvent(second * 1000)], START_MS + second * 1000).sightings).toEqual(
        [],
      );
  });

  it('createArrivalWatch() decides as the evaluator does on the same events', () => {
    const rules = [COUNT_5, DISTINCT_4, SEQUENCE_3].map((measure) => makeRule(measure));
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.array(
          fc.record({
            gapMs: fc.constantFrom(0, 1, 999, 5000, 29_999, 59_999, 60_000, 299_999, 300_000),
            status: fc.constantFrom('failure', 'success'),
            username: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
          }),
          { maxLength: 60 },
        ),
        (rule, steps) => {
          const watch = watchOf({ rules: [rule] });
          let atMs = 0;
          const events = steps.map(({ gapMs, status, username }) => {
            atMs += gapMs;
            return makeEvent(atMs, { status, username });
          });
          const starts = events.flatMap((event) =>
            watch
              .observe([event], Date.parse(event['@timestamp']))
              .sightings.map((sighting) => sighting.episode.startMs),
          );
          const matching = events.filter(
            (event) => rule.query.measure.kind === 'sequence' || event.status === 'failure',
          );
          expect(starts).toEqual(evaluateRule(rule, matching).map((episode) => episode.startMs));
        },
      ),
    );
  });

  it('createArrivalWatch() never sights a start that all events together would not have', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(COUNT_5, DISTINCT_4),
        fc.array(
          fc.record({
            gapMs: fc.constantFrom(0, 999, 5000, 20_000, 59_999, 60_000, 200_000, 300_000),
            lateMs: fc.constantFrom(0, 0, 0, 500, 30_000, 119_999, 120_000, 200_000, 400_000),
            username: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
          }),
          { maxLength: 50 },
        ),
        (measure, steps) => {
          const rule = makeRule(measure);
          const watch = watchOf({ rules: [rule] });
          const arrived: SocEvent[] = [];
          let nowMs = 0;
          for (const { gapMs, lateMs, username } of steps) {
            nowMs += gapMs;
            const event = makeEvent(nowMs - lateMs, { username });
            const sighted = watch.observe([event], START_MS + nowMs).sightings;
            arrived.push(event);
            for (const { episode, isComplete } of sighted) {
              const reachMs = episode.startMs - rule.suppressMs;
              // What is not complete is looked up, as the reaction does.
              const isKnown = arrived.some(({ '@timestamp': time }) => {
                const ms = Date.parse(time);
                return ms >= reachMs && ms < episode.startMs;
              });
              if (!isComplete && isKnown) continue;
              const all = arrived.toSorted(
                (a, b) =>
                  a['@timestamp'].localeCompare(b['@timestamp']) ||
                  a.event_id.localeCompare(b.event_id),
              );
              const starts = evaluateRule(rule, all).map((one) => one.startMs);
              expect(starts).toContain(episode.startMs);
            }
          }
        },
      ),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('createArrivalWatch() leaves an entity with old events to the cycle until it has been quiet', () => {
    const watch = watchOf();
    const at = (ms: number) => makeEvent(ms);
    expect(watch.observe([at(-121_000)], START_MS).sightings).toEqual([]);
    const soon = watch.observe([0, 1, 2, 3, 4].map(at), START_MS);
    expect(soon).toMatchObject({ sightings: [], isComplete: false });
    const later = 300_004;
    const five = [0, 1, 2, 3, 4].map((step) => at(later + step));
    expect(watch.observe(five, START_MS + later).sightings).toHaveLength(1);
  });

  it('createArrivalWatch() counts an event that comes again once', () => {
    const watch = watchOf();
    const events = [0, 1, 2, 3].map((second) => makeEvent(second * 1000));
    for (let round = 0; round < 3; round += 1)
      expect(watch.observe(events, START_MS + 4000).sightings).toEqual([]);
  });

  it('createArrivalWatch() says which rules wait for the cycle: not those that it has judged itself', () => {
    const watch = watchOf();
    const waits = Array.from({ length: 7 }, (_, second) => {
      const event = makeEvent(second * 1000);
      return watch.observe([event], START_MS + second * 1000).waiting.size;
    });
    // At the fifth it is told; of what follows, the cycle makes a part of that alert.
    expect(waits).toEqual([0, 0, 0, 0, 1, 1, 1]);
    const fresh = watchOf({ startedMs: START_MS });
    expect(fresh.observe([makeEvent(0)], START_MS).waiting).toEqual(new Set(['test-rule']));
    const rare = makeRule(COUNT_5, { id: 'new-user', firstSeen: { learnMs: 0 } });
    const learning = watchOf({ rules: [rare] });
    expect(learning.observe([makeEvent(0)], START_MS).waiting).toEqual(new Set(['new-user']));
  });

  it('createArrivalWatch() leaves old events to the cycle', () => {
    const watch = watchOf();
    const events = [0, 1, 2, 3, 4].map((second) => makeEvent(second * 1000));
    expect(watch.observe(events, START_MS + 600_000)).toEqual({
      sightings: [],
      near: [],
      explaining: [],
      matched: new Set(['test-rule']),
      waiting: new Set(['test-rule']),
      isComplete: false,
    });
    expect(watch.counts()).toMatchObject({ entities: 0, events: 0 });
  });

  it('createArrivalWatch() says once who comes near a threshold, and what may explain it', () => {
    const unless = {
      name: 'logins',
      filter: SUCCESS,
      same: ['source_ip'],
      withinMs: 3_600_000,
      atLeast: 1,
      withMoment: true,
      learnMs: 0,
      below: undefined,
      slowerThanMs: 0,
    };
    const rule = makeRule(COUNT_5, { unless });
    const entity = { source_ip: makeEvent(0).source_ip };
    const watch = watchOf({ rules: [makeRule(COUNT_5, { id: 'other' }), rule] });
    const seen = [0, 1, 2, 3, 4].map((second) =>
      watch.observe([makeEvent(second * 1000)], START_MS + second * 1000),
    );
    const ms = START_MS + 2000;
    expect(seen.map(({ near }) => near)).toEqual([[], [], [{ rule, entity, ms }], [], []]);
    expect(seen.every(({ explaining }) => explaining.length === 0)).toBe(true);
    // However late it comes, and though the rule itself has no use for it.
    const login = makeEvent(5000, { status: 'success' });
    for (const arrivalMs of [START_MS + 5000, START_MS + 600_000])
      expect(watch.observe([login], arrivalMs)).toMatchObject({
        explaining: [{ rule, same: entity }],
        matched: new Set(),
      });
  });

  it('createArrivalWatch() knows where it may be blind: after its start and after letting go', () => {
    const five = (fromMs: number, source: string) =>
      [0, 1, 2, 3, 4].map((step) => makeEvent(fromMs + step, { source_ip: source }));
    const fresh = watchOf({ startedMs: START_MS });
    expect(fresh.observe(five(0, '198.51.100.1'), START_MS).sightings).toMatchObject([
      { isComplete: false },
    ]);
    const small = watchOf({ maxEntities: 100 });
    expect(small.observe(five(0, '198.51.100.1'), START_MS).sightings).toMatchObject([
      { isComplete: true },
    ]);
    for (let index = 0; index < 1000; index += 1)
      small.observe(
        [makeEvent(10, { source_ip: `198.18.${index >> 8}.${index & 255}` })],
        START_MS,
      );
    expect(small.counts()).toMatchObject({ entities: 100, evictions: 901 });
    expect(small.observe(five(20, '198.51.100.1'), START_MS).sightings).toMatchObject([
      { isComplete: false },
    ]);
  });

  it('createArrivalWatch() is blind as long as a late event reaches back to what it did not see', () => {
    const quietMs = 300_000; // suppression of the rule; the lateness is 120,000
    const lateFive = (arrivalMs: number) =>
      [0, 1, 2, 3, 4].map((step) => makeEvent(arrivalMs - 119_000 + step));
    for (const [arrivalMs, isComplete] of [
      [quietMs + 1, false],
      [quietMs + 120_000, false],
      [quietMs + 120_001, true],
    ] as const) {
      const watch = watchOf({ startedMs: START_MS });
      const found = watch.observe(lateFive(arrivalMs), START_MS + arrivalMs);
      expect(found.sightings).toMatchObject([{ isComplete }]);
    }
  });

  it('createArrivalWatch() looks an entity up that begins after late events, however long ago', () => {
    for (const [laterMs, found] of [
      [9999, []],
      [10_000, [{ isComplete: false }]],
      [420_000, [{ isComplete: false }]],
      [420_001, [{ isComplete: true }]],
    ] as const) {
      const watch = watchOf();
      watch.observe([makeEvent(-130_000)], START_MS);
      const five = [0, 1, 2, 3, 4].map((step) => makeEvent(laterMs + step));
      expect(watch.observe(five, START_MS + laterMs).sightings).toMatchObject(found);
    }
  });

  it('createArrivalWatch() goes on with what it holds while late events of others come', () => {
    const watch = watchOf();
    const sighted = [0, 1, 2, 3, 4].flatMap((step) => {
      const own = makeEvent(step * 1000);
      const late = makeEvent(-200_000, { source_ip: '198.51.100.8' });
      return watch.observe([late, own], START_MS + step * 1000).sightings;
    });
    expect(sighted).toEqual([]); // the first late event came just before the entity began
    const quiet = watchOf();
    quiet.observe([makeEvent(0)], START_MS);
    const after = [1, 2, 3, 4].flatMap((step) => {
      const late = makeEvent(-200_000, { source_ip: '198.51.100.8' });
      return quiet.observe([late, makeEvent(step * 1000)], START_MS + step * 1000).sightings;
    });
    expect(after).toMatchObject([{ isComplete: true }]);
  });

  it('createArrivalWatch() names the rules that an event concerns, late ones too', () => {
    const rules = [
      makeRule(COUNT_5),
      makeRule(COUNT_5, { id: 'other', query: { ...makeRule(COUNT_5).query, filter: SUCCESS } }),
    ];
    const watch = watchOf({ rules });
    const matchedBy = (...events: readonly SocEvent[]) => [
      ...watch.observe(events, START_MS).matched,
    ];
    expect(matchedBy(makeEvent(0, { status: 'info' }))).toEqual([]);
    expect(matchedBy(makeEvent(0))).toEqual(['test-rule']);
    expect(
      matchedBy(
        makeEvent(-200_000),
        makeEvent(-200_000),
        makeEvent(-200_000, { status: 'success' }),
      ),
    ).toEqual(['test-rule', 'other']);
  });

  it('createArrivalWatch() holds a bounded number of events of one entity', () => {
    const watch = watchOf({ rules: [makeRule({ kind: 'count', atLeast: 10_000 })] });
    let most = 0;
    for (let index = 0; index < 5000; index += 1) {
      watch.observe([makeEvent(index)], START_MS);
      most = Math.max(most, watch.counts().events);
    }
    expect(most).toBe(256);
    expect(watch.counts().events).toBe(0); // left to the cycle
  });
});
