/**
 * Streams through detection as they would come in a bad week: in pieces, late, twice, seen by the first
 * look before they are stored, by processes that restart and by two at a time. What is left in the
 * store is compared with what the oracle says of each stream.
 */
import { ignoreLimits } from '@mini-soc/model';
import { entityKey, type Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { createArrivalReaction, type ArrivalReaction } from '../src/arrivals/react-to-arrivals.ts';
import { createCycle, type Cycle } from '../src/cycle/run-cycle.ts';
import { createArrivalWatch } from '../src/arrivals/watch-arrivals.ts';
import { oracleEpisodesByEntity } from './brute-force-oracle.ts';
import {
  createRandom,
  LATENESS_MS,
  makeStream,
  STREAM_RULES,
  type Arrival,
  type Random,
} from './random-streams.ts';
import { silentLog } from './silent-log.ts';
import { twoLanes } from './two-lanes.ts';

/** A detection process: its schedule's work and its first look at arrivals. */
export interface Replica {
  readonly cycle: Cycle;
  readonly reaction: ArrivalReaction;
}

/** A detection process on the store; `onArrivalAlert` hears of alerts that the first look made. */
export async function startReplica(
  store: Store,
  rules: readonly Rule[],
  now: () => Date,
  onArrivalAlert: (ruleId: string, entity: Entity, startMs: number) => void = () => undefined,
): Promise<Replica> {
  const reaction = createArrivalReaction({
    store,
    rules,
    watch: createArrivalWatch({
      rules,
      latenessMs: LATENESS_MS,
      startedMs: now().getTime(),
      maxEntities: 5000,
      onLimit: ignoreLimits,
    }),
    latenessMs: LATENESS_MS,
    now,
    logger: silentLog,
    lanesFor: twoLanes,
    respondNow: (_alert, stored) => void stored.catch(() => undefined),
    onAlert: (alert) => onArrivalAlert(alert.rule_id, alert.entity, Date.parse(alert.first_seen)),
    onLimit: ignoreLimits,
  });
  await reaction.start();
  return {
    reaction,
    cycle: createCycle({
      store,
      rules,
      latenessMs: LATENESS_MS,
      now,
      logger: silentLog,
      lanesFor: twoLanes,
      onAlert: () => undefined,
      onLimit: ignoreLimits,
    }),
  };
}

/** Runs one cycle. Throws when a rule could not be evaluated. */
export async function runCycle(cycle: Cycle): Promise<void> {
  const failed = (await cycle.run()).rules.find((rule) => rule.error !== undefined);
  if (failed !== undefined) throw new Error(`${failed.id}: ${failed.error}`);
}

/** What one alert must say: rule, entity, times, count, severity, peak and history, as one text. */
type AlertText = string;

function textOf(
  ruleId: string,
  entity: Entity,
  firstMs: number,
  lastMs: number,
  rest: readonly unknown[],
): AlertText {
  return JSON.stringify([ruleId, entityKey(entity), firstMs, lastMs, ...rest]);
}

const wantedOf = new Map<number, readonly AlertText[]>();

/** The alerts of a stream by the oracle; each stream is asked once. */
function wantedAlerts(number: number): readonly AlertText[] {
  const known = wantedOf.get(number);
  if (known !== undefined) return known;
  const events = makeStream(number).map(({ event }) => event);
  const wanted = STREAM_RULES.flatMap((rule) =>
    oracleEpisodesByEntity(rule, events).map(({ entity, episode }) =>
      textOf(rule.id, entity, episode.startMs, episode.lastMs, [
        episode.eventCount,
        episode.severity,
        episode.peak,
        episode.history.map((step) => [step.atMs, step.severity, step.eventCount]),
      ]),
    ),
  );
  wantedOf.set(number, wanted);
  return wanted;
}

/** Every alert in the store that no other has taken in. */
async function storedAlerts(store: Store): Promise<readonly AlertText[]> {
  const found = await store.searchAlerts({ size: 1_000_000 });
  return found
    .filter(({ alert }) => alert.details.merged_into === undefined)
    .map(({ alert }) =>
      textOf(
        alert.rule_id,
        alert.entity,
        Date.parse(alert.first_seen),
        Date.parse(alert.last_seen),
        [
          alert.event_count,
          alert.severity,
          alert.details.peak_count,
          alert.details.history?.map((step) => [
            Date.parse(step.at),
            step.severity,
            step.event_count,
          ]),
        ],
      ),
    );
}

export interface Comparison {
  readonly streams: number;
  readonly events: number;
  readonly alerts: number;
  readonly cycles: number;
  /** Alerts that the first look at arrivals made. */
  readonly atOnce: number;
  /** Alerts that are missing, then alerts that should not be. */
  readonly missing: readonly AlertText[];
  readonly wrong: readonly AlertText[];
}

export interface ReplayOptions {
  readonly store: Store;
  /** Numbers from `from` to `from + streams - 1`. */
  readonly from: number;
  readonly streams: number;
  /** About how many pieces the events arrive in. */
  readonly pieces: number;
  /** Share of pieces that a cycle follows. */
  readonly cycleShare: number;
  /** Most events of a piece that the first look sees, of six pieces in ten. */
  readonly observed: number;
}

/** Replays the streams in an order, in pieces and with mishaps that follow from their numbers. */
export async function replayStreams(options: ReplayOptions): Promise<Comparison> {
  const { store, from, streams } = options;
  const random = createRandom(from * 31 + streams);
  const numbers = Array.from({ length: streams }, (_, index) => from + index);
  const arrivals = numbers
    .flatMap((number) => makeStream(number))
    .toSorted((a, b) => a.arrivalMs - b.arrivalMs);
  let nowMs = arrivals[0]?.arrivalMs ?? 0;
  const now = (): Date => new Date(nowMs);
  let atOnce = 0;
  const start = (): Promise<Replica> => startReplica(store, STREAM_RULES, now, () => (atOnce += 1));
  const replicas = [await start(), await start()];
  let cycles = 0;
  const cycle = async (which: readonly number[]): Promise<void> => {
    cycles += which.length;
    await Promise.all(which.map((index) => runCycle((replicas[index] as Replica).cycle)));
  };

  for (const piece of cut(arrivals, options.pieces, random)) {
    nowMs = piece.at(-1)?.arrivalMs ?? nowMs;
    const events = piece.map(({ event }) => event);
    const observed = events.slice(0, options.observed);
    const which = random.below(replicas.length);
    if (random.chance(0.6)) await replicas[which]?.reaction.observe(observed);
    if (random.chance(0.03)) {
      // Killed between the first look and the store: the same lines come again.
      replicas[which] = await start();
      if (random.chance(0.5)) await replicas[which].reaction.observe(observed);
    }
    await store.appendEvents(events);
    if (random.chance(0.05)) await store.appendEvents(events); // acknowledged, but nobody heard it
    if (random.chance(0.03)) replicas[which] = await start();
    if (random.chance(options.cycleShare))
      await cycle(random.chance(0.25) ? [0, 1] : [random.below(replicas.length)]);
  }
  await cycle([random.below(replicas.length)]);

  const wanted = numbers.flatMap(wantedAlerts);
  const found = await storedAlerts(store);
  return {
    streams,
    events: arrivals.length,
    alerts: wanted.length,
    cycles,
    atOnce,
    missing: without(wanted, found),
    wrong: without(found, wanted),
  };
}

/** The arrivals in their order, in pieces of very different length. */
function cut(
  arrivals: readonly Arrival[],
  pieces: number,
  random: Random,
): readonly (readonly Arrival[])[] {
  const mean = Math.max(1, arrivals.length / pieces);
  const found: (readonly Arrival[])[] = [];
  for (let at = 0; at < arrivals.length;) {
    const length = 1 + Math.floor(random.next() ** 2 * 3 * mean);
    found.push(arrivals.slice(at, at + length));
    at += length;
  }
  return found;
}

/** The texts of `all` that `some` lacks, one for each time it lacks them. */
function without(all: readonly AlertText[], some: readonly AlertText[]): readonly AlertText[] {
  const left = new Map<AlertText, number>();
  for (const text of some) left.set(text, (left.get(text) ?? 0) + 1);
  return all.filter((text) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
}
