/**
 * The past of entities that come near a threshold, read while they are on their way: an answer need not wait
 * for the store when the threshold is reached. What it says is what judgeByPast() would read then, or nothing:
 * once an event arrives that may explain what an entity does, the store is asked again.
 */
import { LIMITS } from '@mini-soc/model';
import { entityKey, type Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import { beginOf, pastEntity, pastQuery, type PastOptions } from '../cycle/judge-by-past.ts';

/** An entity that holds a good part of what a rule wants. */
export interface Near {
  readonly rule: Rule;
  readonly entity: Entity;
  /** Of its newest event. */
  readonly ms: number;
}

export interface PastAhead {
  /** Asks the store about the entities before this returns. */
  readonly ask: (near: readonly Near[], arrivalMs: number) => void;
  /** An event arrived that may explain what entities with these values do; whoever they are, without `same`. */
  readonly forget: (rule: Rule, same: Entity | undefined, arrivalMs: number) => void;
  /** Whether the past explains what reached the threshold at `atMs`; undefined when it has to be asked. */
  readonly explains: (
    rule: Rule,
    entity: Entity,
    atMs: number,
    arrivalMs: number,
  ) => Promise<boolean | undefined>;
}

interface PastAheadOptions {
  readonly store: PastOptions['store'];
  readonly latenessMs: number;
}

interface Asked {
  readonly arrivalMs: number;
  /** Times from here on were asked for. */
  readonly fromMs: number;
  /** Undefined when it is not known in full. */
  readonly answer: Promise<Answer | undefined>;
}

interface Answer {
  /** Of the events that explain, ascending. */
  readonly times: readonly number[];
  readonly isLearned: boolean;
}

/** How long an answer is good, milliseconds: other processes may store events that are not seen here. */
export const PAST_GOOD_MS = 60_000;
/** How long an event may take from its arrival into the store, milliseconds. */
export const STORING_MS = 10_000;
const MAX_HELD = LIMITS.arrival_entities.value;
/** Explaining events read for all that are asked about at once. */
const PAGE_SIZE = 1000;

export function createPastAhead({ store, latenessMs }: PastAheadOptions): PastAhead {
  /** By what is asked and values; oldest first. A time is that of an arrival that may not be stored yet. */
  const held = new Map<string, Asked | number>();
  const hold = (key: string, value: Asked | number): void => {
    held.delete(key);
    held.set(key, value);
    for (const oldest of held.keys()) {
      if (held.size <= MAX_HELD) break;
      held.delete(oldest);
    }
  };
  /** By what is asked, when something arrived that may explain what anybody does. */
  const blurred = new Map<string, number>();
  const isBlurred = (unless: Unless, arrivalMs: number): boolean =>
    arrivalMs - (blurred.get(questionOf(unless)) ?? Number.NEGATIVE_INFINITY) < STORING_MS;
  const forgetUnknown = async (key: string, asked: Asked): Promise<void> => {
    if ((await asked.answer) === undefined && held.get(key) === asked) held.delete(key);
  };
  const isAsked = (
    present: Asked | number | undefined,
    { ms }: Near,
    arrivalMs: number,
    unless: Unless,
  ) => {
    if (present === undefined) return false;
    // What arrived may not be stored yet.
    if (typeof present === 'number') return arrivalMs - present < STORING_MS;
    const isYoung = arrivalMs - present.arrivalMs < PAST_GOOD_MS / 2;
    return isYoung && beginOfSpan(unless, ms) >= present.fromMs;
  };
  const beginOfSpan = (unless: Unless, ms: number): number => ms - unless.withinMs - latenessMs;
  /** Rules that ask the same have one answer: who guesses comes near several of them. */
  const askOf = (unless: Unless, near: readonly Near[], arrivalMs: number): void => {
    const first = new Map<string, Near>();
    for (const one of near) {
      const key = keyOf(unless, one.entity);
      const other = first.get(key);
      if (isAsked(held.get(key), one, arrivalMs, unless)) continue;
      if (other === undefined || one.ms < other.ms) first.set(key, one);
    }
    const fresh = [...first.values()];
    if (fresh.length === 0) return;
    const spans = fresh.map(({ entity, ms }) => ({
      entity: pastEntity(unless, entity),
      range: { fromMs: beginOfSpan(unless, ms), toMs: Number.MAX_SAFE_INTEGER },
    }));
    const page = store.readEntityEvents({
      query: pastQuery(unless),
      spans,
      fields: [],
      pageSize: PAGE_SIZE,
    });
    const firstMs = fresh.reduce((least, { ms }) => Math.min(least, ms), Infinity);
    const begin = unless.learnMs === 0 ? 0 : beginOf({ store, unless }, firstMs - latenessMs);
    const answers = Promise.all([page, begin]).then(
      ([{ events, next }, beganMs]) => {
        const isLearned = beganMs < Infinity;
        const times = spans.map((): number[] => []);
        for (const { span, ms } of events) times[span]?.push(ms);
        const complete = next === undefined ? spans.length : (events.at(-1)?.span ?? 0);
        return times.map((one, at) => (at < complete ? { times: one, isLearned } : undefined));
      },
      // The store is asked again when the threshold is reached, and says what is wrong.
      () => [],
    );
    for (const [at, { entity }] of fresh.entries()) {
      const key = keyOf(unless, entity);
      const answer = answers.then((all) => all[at]);
      const asked: Asked = { arrivalMs, fromMs: spans[at]?.range.fromMs ?? 0, answer };
      hold(key, asked);
      void forgetUnknown(key, asked);
    }
  };
  return {
    ask: (near, arrivalMs) => {
      const same = grouped(near, ({ rule: { unless } }) => unless && questionOf(unless));
      for (const group of same.values()) {
        const unless = group[0]?.rule.unless;
        if (unless !== undefined && !isBlurred(unless, arrivalMs)) askOf(unless, group, arrivalMs);
      }
    },
    forget: (rule, same, arrivalMs) => {
      const { unless } = rule;
      if (unless === undefined) return;
      if (same === undefined) blurred.set(questionOf(unless), arrivalMs);
      else hold(keyOf(unless, same), arrivalMs);
    },
    explains: async (rule, entity, atMs, arrivalMs) => {
      const { unless } = rule;
      if (unless === undefined) return false;
      const key = keyOf(unless, entity);
      const asked = held.get(key);
      if (asked === undefined || typeof asked === 'number') return undefined;
      const answer = await asked.answer;
      const isGood =
        held.get(key) === asked &&
        !isBlurred(unless, asked.arrivalMs) &&
        arrivalMs - asked.arrivalMs < PAST_GOOD_MS &&
        atMs - unless.withinMs >= asked.fromMs;
      if (answer === undefined || !isGood) return undefined;
      const untilMs = unless.withMoment ? atMs + 1 : atMs;
      const met = answer.times.filter((ms) => ms >= atMs - unless.withinMs && ms < untilMs);
      if (met.length >= unless.atLeast) return true;
      return answer.isLearned ? false : undefined;
    },
  };
}

/** By what they have in common, in their order. */
export function grouped<One, Key>(
  list: readonly One[],
  common: (one: One) => Key,
): ReadonlyMap<Key, readonly One[]> {
  const groups = new Map<Key, One[]>();
  for (const one of list) {
    const key = common(one);
    const others = groups.get(key);
    if (others === undefined) groups.set(key, [one]);
    else others.push(one);
  }
  return groups;
}

type Unless = NonNullable<Rule['unless']>;

function keyOf(unless: Unless, entity: Entity): string {
  return `${questionOf(unless)}\n${entityKey(pastEntity(unless, entity))}`;
}

const questions = new WeakMap<Unless, string>();

/** What is read to know it, as text: without the values, and without what is wished of the answer. */
function questionOf(unless: Unless): string {
  const known = questions.get(unless);
  if (known !== undefined) return known;
  const { filter, same, withinMs, learnMs } = unless;
  const question = JSON.stringify([filter, same, withinMs, learnMs]);
  questions.set(unless, question);
  return question;
}
