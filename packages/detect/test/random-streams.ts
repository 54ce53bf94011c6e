/**
 * Random streams of events: the stream with a number is always the same, and has addresses and users of
 * its own, so that thousands of them share one store and each still has its own right answer.
 */
import type { SocEvent } from '@mini-soc/model';
import type { Filter, Query } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import {
  COUNT_5,
  DISTINCT_4,
  FAILURE,
  makeRule,
  SEQUENCE_3,
  START_MS,
  SUCCESS,
} from './make-rule.ts';

export const LATENESS_MS = 120_000;

/** An event and when it arrives. */
export interface Arrival {
  readonly event: SocEvent;
  readonly arrivalMs: number;
}

export interface Random {
  /** 0 <= x < 1 */
  readonly next: () => number;
  /** 0 <= n < below */
  readonly below: (below: number) => number;
  readonly pick: <Value>(values: readonly Value[]) => Value;
  readonly chance: (share: number) => boolean;
}

/** Numbers that only depend on the seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed ^ 0x5eed, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (values) => values[below(values.length)] as (typeof values)[number],
    chance: (share) => next() < share,
  };
}

const ANY: Filter = { kind: 'any', of: [FAILURE, SUCCESS] };

function rule(id: string, base: Rule, changes: Partial<Rule>, query: Partial<Query> = {}): Rule {
  return { ...base, id, name: id, ...changes, query: { ...base.query, ...query } };
}

/** Every measure, windows from 10 s to 5 min, one and two fields in an entity. */
export const STREAM_RULES: readonly Rule[] = [
  rule('count-5', makeRule(COUNT_5), {}),
  rule(
    'count-3-in-10s',
    makeRule({ kind: 'count', atLeast: 3 }, { windowMs: 10_000 }),
    { suppressMs: 10_000, severitySteps: [{ gte: 5, level: 'critical' }] },
    { filter: ANY, groupBy: ['username'] },
  ),
  rule(
    'each-success',
    makeRule({ kind: 'count', atLeast: 1 }),
    { suppressMs: 60_000 },
    { filter: SUCCESS },
  ),
  rule('distinct-4', makeRule(DISTINCT_4), {
    suppressMs: 150_000,
    severitySteps: [{ gte: 5, level: 'high' }],
  }),
  rule('sequence-3-1', makeRule(SEQUENCE_3), {
    suppressMs: 150_000,
    severitySteps: [{ gte: 6, level: 'high' }],
  }),
  rule(
    'sequence-of-three',
    makeRule(
      {
        kind: 'sequence',
        steps: [
          { name: 'failures', filter: FAILURE, atLeast: 2 },
          { name: 'success', filter: SUCCESS, atLeast: 1 },
          { name: 'more', filter: FAILURE, atLeast: 2 },
        ],
      },
      { windowMs: 300_000 },
    ),
    {},
    { groupBy: ['source_ip', 'hostname'] },
  ),
];

/** Distances at which a window or an episode ends, and one millisecond less. */
const EDGES_MS = [10_000, 60_000, 150_000, 300_000].flatMap((ms) => [ms, ms - 1]);

function gapMs(random: Random): number {
  const kind = random.next();
  if (kind < 0.5) return random.below(4000);
  if (kind < 0.75) return random.below(20_000);
  if (kind < 0.85) return random.pick(EDGES_MS);
  if (kind < 0.95) return 20_000 + random.below(140_000);
  return random.below(400_000);
}

function delayMs(random: Random): number {
  const kind = random.next();
  if (kind < 0.6) return random.below(500);
  if (kind < 0.98) return random.below(LATENESS_MS + 1);
  return LATENESS_MS + random.below(600_000); // later than promised: the cycle takes it all the same
}

export interface StreamOptions {
  /** Every event arrives as it happens. */
  readonly inOrder?: boolean;
}

/** The events of the stream with this number, in order of event time. */
export function makeStream(number: number, options: StreamOptions = {}): readonly Arrival[] {
  const random = createRandom(number);
  const prefix = `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::`;
  const events = 3 + random.below(28);
  let atMs = random.below(900_000);
  return Array.from({ length: events }, (_, index): Arrival => {
    atMs += gapMs(random);
    const user = random.pick(['root', 'root', 'admin', 'bob', 'Bob', 'carol', 'dave']);
    const event: SocEvent = {
      '@timestamp': new Date(START_MS + atMs).toISOString(),
      event_id: `s${number}-${String(random.below(1000)).padStart(3, '0')}-${index}`,
      message: `event ${index} of stream ${number}`,
      log_type: 'auth',
      action: 'ssh_login',
      status: random.chance(0.8) ? 'failure' : 'success',
      hostname: random.pick(['web01', 'web01', 'db01']),
      ...(random.chance(0.95) ? { source_ip: `${prefix}${random.chance(0.8) ? 1 : 2}` } : {}),
      ...(random.chance(0.95) ? { username: `${user}.${number}` } : {}),
      ...(random.chance(0.1) ? { repeat_count: 2 + random.below(8) } : {}),
    };
    const delay = delayMs(random);
    return { event, arrivalMs: START_MS + atMs + (options.inOrder === true ? 0 : delay) };
  });
}
