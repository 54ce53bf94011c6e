/**
 * What a rule measures in the half-open window that ends at an event: the events t with
 * last - t < windowMs. One event costs at most the logarithm of the window's size, also for
 * sequences: the latest steps are taken backwards, each strictly before the one after it, which
 * finds a sequence in the window whenever there is one.
 */
import { networkOf } from '@mini-soc/model';
import {
  compileFilter,
  fieldText,
  foldCase,
  readField,
  TIME_FIELD,
  type Measure,
  type Predicate,
  type Query,
} from '@mini-soc/query';
import type { SparseEvent } from '@mini-soc/store';
import { createTimeline, type Timeline } from './timeline.ts';

export interface WindowReading {
  /** True when the window that ends at this event reaches the threshold. */
  readonly fires: boolean;
  /** What was measured; 0 where a sequence is not complete. */
  readonly value: number;
  /** Events of the window that belong to what was measured: the last `members` ones. */
  readonly members: number;
  /** True when the threshold is reached within the rule's shorter window, too. */
  readonly isFast?: boolean;
}

export interface WindowMeasure {
  /** Adds the next event in order and reads the window that ends at it. */
  readonly add: (event: SparseEvent, ms: number, weight: number) => WindowReading;
  readonly clone: () => WindowMeasure;
  /** Events in the window. */
  readonly size: () => number;
}

/**
 * Compiles the filters of the query once; each call of the result is a fresh, empty window. With `fastMs` each
 * reading says also whether a window of that length would do.
 */
export function createMeasureFactory(query: Query, fastMs?: number): () => WindowMeasure {
  if (fastMs === undefined) return createPlainFactory(query);
  const [slow, fast] = [
    createPlainFactory(query),
    createPlainFactory({ ...query, windowMs: fastMs }),
  ];
  return () => createPair(slow(), fast());
}

function createPair(slow: WindowMeasure, fast: WindowMeasure): WindowMeasure {
  return {
    add: (event, ms, weight) => {
      const { fires: isFast } = fast.add(event, ms, weight);
      return { ...slow.add(event, ms, weight), isFast };
    },
    clone: () => createPair(slow.clone(), fast.clone()),
    size: () => slow.size(),
  };
}

function createPlainFactory(query: Query): () => WindowMeasure {
  const { measure, windowMs } = query;
  switch (measure.kind) {
    case 'count':
      return () => createCount(windowMs, measure.atLeast, createTimeline());
    case 'distinct':
      return () => createDistinct(windowMs, measure, createTimeline(), [], new Map());
    case 'sequence': {
      const steps = measure.steps.map((step) => ({
        matches: compileFilter(step.filter),
        atLeast: step.atLeast,
      }));
      return () =>
        createSequence(
          windowMs,
          steps,
          createTimeline(),
          steps.map(() => createTimeline()),
        );
    }
    default:
      return measure satisfies never;
  }
}

function createCount(windowMs: number, atLeast: number, all: Timeline): WindowMeasure {
  return {
    add: (_event, ms, weight) => {
      all.forget(ms - windowMs);
      all.push(ms, weight);
      const value = all.weightFrom(0);
      return { fires: value >= atLeast, value, members: all.length };
    },
    clone: () => createCount(windowMs, atLeast, all.clone()),
    size: () => all.length,
  };
}

function createDistinct(
  windowMs: number,
  measure: Extract<Measure, { kind: 'distinct' }>,
  all: Timeline,
  values: readonly (readonly string[])[],
  counts: Map<string, number>,
): WindowMeasure {
  let queue = values.slice();
  let head = 0;
  return {
    add: (event, ms, weight) => {
      const forgotten = all.forget(ms - windowMs);
      for (const texts of queue.slice(head, head + forgotten))
        for (const text of texts) {
          const left = (counts.get(text) as number) - 1;
          if (left === 0) counts.delete(text);
          else counts.set(text, left);
        }
      head += forgotten;
      if (head > 1024 && head * 2 > queue.length) {
        queue = queue.slice(head);
        head = 0;
      }
      all.push(ms, weight);
      const texts = distinctValues(event, ms, measure);
      for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
      queue.push(texts);
      return { fires: counts.size >= measure.atLeast, value: counts.size, members: all.length };
    },
    clone: () => createDistinct(windowMs, measure, all.clone(), queue.slice(head), new Map(counts)),
    size: () => all.length,
  };
}

/** Of two addresses in one such network it cannot be said that they are far apart. */
const WIDE = { ipv4: 16, ipv6: 32 } as const;

/** Lower-cased texts of the field, or their networks, or moments; none when it is missing. */
function distinctValues(
  event: SparseEvent,
  ms: number,
  { field, by }: Extract<Measure, { kind: 'distinct' }>,
): readonly string[] {
  // A time can be written in several ways, and every event comes with its own.
  if (field === TIME_FIELD) return [String(ms)];
  const texts = [readField(event, field)].flat().flatMap((value) => fieldText(value) ?? []);
  return by === 'network'
    ? texts.flatMap((text) => networkOf(text, WIDE) ?? [])
    : texts.map(foldCase);
}

interface CompiledStep {
  readonly matches: Predicate;
  readonly atLeast: number;
}

function createSequence(
  windowMs: number,
  steps: readonly CompiledStep[],
  all: Timeline,
  perStep: readonly Timeline[],
): WindowMeasure {
  const isComplete = (): boolean => {
    let beforeMs = Number.POSITIVE_INFINITY;
    for (let index = steps.length - 1; index >= 0; index -= 1) {
      const timeline = perStep[index] as Timeline;
      const start = timeline.startOfWeight(
        timeline.countBefore(beforeMs),
        (steps[index] as CompiledStep).atLeast,
      );
      if (start === undefined) return false;
      beforeMs = timeline.timeAt(start);
    }
    return true;
  };
  return {
    add: (event, ms, weight) => {
      all.forget(ms - windowMs);
      all.push(ms, weight);
      let isLastStep = false;
      for (const [index, step] of steps.entries()) {
        const timeline = perStep[index] as Timeline;
        timeline.forget(ms - windowMs);
        if (!step.matches(event)) continue;
        timeline.push(ms, weight);
        isLastStep = index === steps.length - 1;
      }
      // Only an event of the last step can complete the sequence.
      if (!isLastStep || !isComplete()) return { fires: false, value: 0, members: 0 };
      const first = all.countBefore((perStep[0] as Timeline).timeAt(0));
      return { fires: true, value: all.weightFrom(first), members: all.length - first };
    },
    clone: () =>
      createSequence(
        windowMs,
        steps,
        all.clone(),
        perStep.map((timeline) => timeline.clone()),
      ),
    size: () => all.length,
  };
}
