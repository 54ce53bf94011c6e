import type { SocEvent } from '@mini-soc/model';
import type { Measure } from '@mini-soc/query';
import type { SparseEvent } from '@mini-soc/store';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import { oracleEpisodes } from '../../test/brute-force-oracle.ts';
import {
  COUNT_5,
  DISTINCT_4,
  FAILURE,
  makeEvent,
  makeRule,
  SEQUENCE_3,
  SUCCESS,
} from '../../test/make-rule.ts';
import { fillEvidence } from './episode.ts';
import {
  createEvaluator,
  evaluateRule,
  fieldsOfRule,
  type EvaluationPoint,
} from './evaluate-rule.ts';

const MEASURES: readonly [string, Measure][] = [
  ['count', COUNT_5],
  ['distinct', DISTINCT_4],
  ['sequence', SEQUENCE_3],
  [
    'sequence of three steps that overlap',
    {
      kind: 'sequence',
      steps: [
        { name: 'a', filter: { kind: 'any', of: [FAILURE, SUCCESS] }, atLeast: 2 },
        { name: 'b', filter: FAILURE, atLeast: 2 },
        { name: 'c', filter: SUCCESS, atLeast: 2 },
      ],
    },
  ],
];

/** Gaps around the borders of window (60 s) and suppression (5 min) and far below. */
const gap = fc.oneof(
  fc.integer({ min: 0, max: 4000 }),
  fc.constantFrom(0, 1000, 12_000, 15_000, 59_999, 60_000, 60_001, 299_999, 300_000, 300_001),
  fc.integer({ min: 0, max: 400_000 }),
);

const eventParts = fc.record({
  gap,
  status: fc.constantFrom('failure', 'failure', 'failure', 'success'),
  username: fc.constantFrom('root', 'Root', 'admin', 'bob', 'carol', 'dave', undefined),
  repeat: fc.constantFrom(undefined, undefined, undefined, 1, 2, 7),
});

const eventLists = fc.array(eventParts, { maxLength: 60, size: 'max' }).map((parts) => {
  let atMs = 0;
  return parts.map(({ gap: after, status, username, repeat }) => {
    atMs += after;
    return makeEvent(atMs, {
      status: status as 'failure',
      ...(username === undefined ? {} : { username }),
      ...(repeat === undefined ? {} : { repeat_count: repeat }),
    });
  });
});

const matching = (measure: Measure, events: readonly SocEvent[]): readonly SocEvent[] =>
  measure.kind === 'sequence' ? events : events.filter((event) => event.status === 'failure');

describe('evaluateRule()', () => {
  for (const [name, measure] of MEASURES) {
    const rule = makeRule(measure);
    it(`evaluateRule() agrees with the oracle: ${name}`, () => {
      fc.assert(
        fc.property(eventLists, (events) => {
          const found = evaluateRule(rule, matching(measure, events));
          expect(
            found.map(({ startMs, lastMs, eventCount, peak, severity, history }) => ({
              startMs,
              lastMs,
              eventCount,
              peak,
              severity,
              history,
            })),
          ).toEqual(oracleEpisodes(rule, events));
        }),
        { numRuns: propertyRuns(400) },
      );
    });

    it(`evaluateRule() needs no field of an event but those it names: ${name}`, () => {
      const kept = new Set(['event_id', 'repeat_count', 'flags', ...fieldsOfRule(rule)]);
      expect(kept).not.toContain('message');
      fc.assert(
        fc.property(eventLists, (all) => {
          const events = matching(measure, all);
          const evaluation = createEvaluator(rule).begin();
          for (const event of events)
            evaluation.add(
              Object.fromEntries(
                Object.entries(event).filter(([field]) => kept.has(field)),
              ) as SparseEvent,
              Date.parse(event['@timestamp']),
            );
          const found = evaluation.episodes();
          fillEvidence(
            found.flatMap((episode) => episode.evidence),
            new Map(events.map((event) => [event.event_id, event])),
          );
          expect(found).toEqual(evaluateRule(rule, events));
        }),
        { numRuns: propertyRuns(100) },
      );
    });

    it(`evaluateRule() goes on from any marked point as if never stopped: ${name}`, () => {
      fc.assert(
        fc.property(eventLists, fc.nat(), (all, seed) => {
          const events = matching(measure, all);
          const cut = events.length === 0 ? 0 : seed % events.length;
          const evaluator = createEvaluator(rule);
          const whole = evaluator.begin();
          let point: EvaluationPoint | undefined;
          let finishedBefore = 0;
          for (const [index, event] of events.entries()) {
            if (index === cut) {
              const beforeMs = Date.parse(event['@timestamp']);
              const last = events[index - 1]?.['@timestamp'];
              if (last !== event['@timestamp']) {
                point = whole.mark(beforeMs);
                finishedBefore = whole.episodes().length - 1;
              }
            }
            whole.add(event, Date.parse(event['@timestamp']));
          }
          if (point === undefined) return;
          // Twice from the same point: it must stay as it was.
          for (let round = 0; round < 2; round += 1) {
            const rest = evaluator.begin(point);
            for (const event of events.slice(cut)) rest.add(event, Date.parse(event['@timestamp']));
            expect(rest.episodes()).toEqual(whole.episodes().slice(finishedBefore));
          }
        }),
        { numRuns: propertyRuns(200) },
      );
    });
  }
});
