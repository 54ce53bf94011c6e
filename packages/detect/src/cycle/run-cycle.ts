/**
 * One detection cycle: for every rule, from its checkpoint in order of arrival to now, candidates →
 * episodes → alerts → checkpoint. Arrival, not the wall clock, says what is new: events that came while
 * detection was down, late ones and old logs are found alike. A cycle that breaks off is repeated from
 * the checkpoint and repeats the same alerts, because ids derive from rule, entity and start.
 */
import { messageOf, type Alert, type LimitListener } from '@mini-soc/model';
import type { Rule } from '@mini-soc/sigma';
import type { ArrivalCursor, Store } from '@mini-soc/store';
import type { LanesFor } from '../alerts/build-alert.ts';
import type { Log } from '../log.ts';
import {
  collectWork,
  PAGE_SIZES,
  readAlerts,
  type ArrivalRange,
  type EntityWork,
  type PageSizes,
} from './collect-work.ts';
import { evaluateEntities } from './evaluate-entities.ts';
import { createRuleRunner, judge, type RuleRunner } from './rule-runner.ts';
import { rulesWithoutNew } from './rules-without-new.ts';
import type { CycleScope, DueRules } from './due-rules.ts';
import { createCoverage, type Coverage, type RuleCoverage } from './coverage.ts';
import { mergeDoubles } from '../alerts/merge-doubles.ts';
import {
  storeEpisodes,
  type AlertChange,
  type EntityEpisodes,
  type EpisodeWriter,
} from '../alerts/store-episodes.ts';

export interface RuleReport {
  readonly id: string;
  readonly name: string;
  readonly candidates: number;
  readonly created: number;
  readonly updated: number;
  readonly tookMs: number;
  /** Why this rule could not be evaluated; it is tried again in the next cycle. */
  readonly error?: string;
}

export interface CycleReport {
  readonly startedAt: string;
  readonly tookMs: number;
  readonly created: number;
  readonly updated: number;
  readonly rules: readonly RuleReport[];
}

export interface CycleOptions {
  readonly store: Store;
  readonly rules: readonly Rule[];
  readonly latenessMs: number;
  /** Time without a good cycle that is no gap, milliseconds. */
  readonly toleranceMs?: number;
  readonly now: () => Date;
  readonly logger: Log;
  readonly lanesFor: LanesFor;
  readonly onAlert: (alert: Alert, change: AlertChange) => void;
  readonly pages?: PageSizes;
  readonly onLimit: LimitListener;
  /** Where every arrival is seen: only these rules have something new. Without it, all are asked. */
  readonly dueRules?: DueRules;
}

export interface RuleState {
  readonly lastEvaluatedAt: string | undefined;
  readonly lastError: string | undefined;
}

export interface Cycle {
  /**
   * One cycle; must not overlap with another of the same object. Where every arrival is seen, it may be of those rules alone
   * that wait for it; default: of all. Throws StoreError when no rule could begin.
   */
  readonly run: (scope?: CycleScope) => Promise<CycleReport>;
  readonly stateOf: (ruleId: string) => RuleState;
  /** Undefined before the first cycle. */
  readonly coverageOf: (ruleId: string) => RuleCoverage | undefined;
}

const CHECKPOINT_STATE = 'detection/checkpoints';
const COVERAGE_STATE = 'detection/coverage';
const TOLERANCE_MS = 60_000;
/** Each holds a page of entities with their episodes; more at once make no store faster. */
const RULES_AT_ONCE = 2;
const NEVER: RuleState = { lastEvaluatedAt: undefined, lastError: undefined };

export function createCycle(options: CycleOptions): Cycle {
  const states = new Map<string, RuleState>();
  const runners = options.rules
    .filter((rule) => rule.enabled)
    .map((rule) => createRuleRunner(options, rule));
  let coverage: Coverage | undefined;
  /** The checkpoints as they stand in the store, when this process wrote them. */
  let written: ReadonlyMap<string, ArrivalCursor> | undefined;
  const openCoverage = async (nowMs: number): Promise<Coverage> => {
    const opened = createCoverage({
      saved: await options.store.readState(COVERAGE_STATE),
      toleranceMs: options.toleranceMs ?? TOLERANCE_MS,
      onLimit: options.onLimit,
    });
    opened.begin(
      runners.map(({ rule }) => rule.id),
      nowMs,
    );
    // Written before the work: a gap that is being filled must not be lost.
    await options.store.writeState(COVERAGE_STATE, opened.save(nowMs));
    return opened;
  };
  const run = async (scope: CycleScope = 'all'): Promise<CycleReport> => {
    try {
      return await runThose(scope);
    } catch (error) {
      for (const { rule } of runners) {
        coverage?.failed(rule.id, options.now().getTime(), messageOf(error));
        options.dueRules?.putBack(rule.id);
      }
      throw error;
    }
  };
  const runThose = async (scope: CycleScope): Promise<CycleReport> => {
    const startedAt = options.now();
    const startedMs = performance.now();
    const atMs = startedAt.getTime();
    coverage ??= await openCoverage(atMs);
    const ledger = coverage;
    const { dueRules } = options;
    const taken = dueRules?.take(scope);
    const isDue = ({ rule, ownCheckpoint }: RuleRunner): boolean =>
      dueRules === undefined ||
      ownCheckpoint === undefined ||
      taken?.has(rule.id) === true ||
      (scope === 'all' && dueRules.isDue(rule.id));
    /** It has something new to look at, which can wait for a cycle of all rules. */
    const isLeft = (runner: RuleRunner): boolean =>
      !isDue(runner) && dueRules?.isDue(runner.rule.id) === true;
    const finish = (rules: readonly RuleReport[]): CycleReport => ({
      startedAt: startedAt.toISOString(),
      tookMs: elapsed(startedMs),
      created: rules.reduce((sum, report) => sum + report.created, 0),
      updated: rules.reduce((sum, report) => sum + report.updated, 0),
      rules,
    });
    const note = ({ rule }: RuleRunner, error: string | undefined): void => {
      if (error === undefined) ledger.evaluated(rule.id, atMs);
      else {
        ledger.failed(rule.id, atMs, error);
        dueRules?.putBack(rule.id);
      }
      states.set(rule.id, {
        lastEvaluatedAt:
          error === undefined ? startedAt.toISOString() : states.get(rule.id)?.lastEvaluatedAt,
        lastError: error,
      });
    };
    const saveCoverage = async (): Promise<void> => {
      if (ledger.isDue(atMs)) await options.store.writeState(COVERAGE_STATE, ledger.save(atMs));
    };
    if (!runners.some(isDue)) {
      for (const runner of runners) if (!isLeft(runner)) note(runner, undefined);
      await saveCoverage();
      return finish(runners.map(({ rule }) => nothingNew(rule)));
    }
    const upTo = await options.store.arrivalCursor();
    // Who sees every arrival is alone: nobody else moves a checkpoint.
    const stored =
      (dueRules === undefined ? undefined : written) ??
      readCheckpoints(await options.store.readState(CHECKPOINT_STATE));
    const checkpoints = new Map(stored);
    const unmet = await rulesWithoutNew(
      options.store,
      runners.filter(isDue).map(({ rule }) => rule),
      (rule) => stored.get(rule.id),
      upTo,
    );
    const begin = createTurns(RULES_AT_ONCE);
    const rules = await Promise.all(
      runners.map(async (runner): Promise<RuleReport> => {
        const after = stored.get(runner.rule.id);
        if (isLeft(runner)) return nothingNew(runner.rule);
        // Asked after the end of the range was read: what lies in it was seen before.
        const isSettled =
          unmet.has(runner.rule.id) || (!isDue(runner) && after === runner.ownCheckpoint);
        const { report, reached } = isSettled
          ? { report: nothingNew(runner.rule), reached: upTo }
          : await begin(() => runRule(options, runner, { after, upTo }));
        if (reached !== undefined) checkpoints.set(runner.rule.id, reached);
        note(runner, report.error);
        return report;
      }),
    );
    if (runners.some(({ rule }) => checkpoints.get(rule.id) !== stored.get(rule.id)))
      await options.store.writeState(CHECKPOINT_STATE, Object.fromEntries(checkpoints));
    written = checkpoints;
    await saveCoverage();
    for (const runner of runners) runner.ownCheckpoint = checkpoints.get(runner.rule.id);
    return finish(rules);
  };
  return {
    run,
    stateOf: (ruleId) => states.get(ruleId) ?? NEVER,
    coverageOf: (ruleId) => coverage?.of(ruleId),
  };
}

/** Lets so many pieces of work go on at once; the others wait, in the order they came. */
function createTurns(atOnce: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const lanes = Array.from({ length: atOnce }, (): Promise<unknown> => Promise.resolve());
  let next = 0;
  return (work) => {
    const lane = next % atOnce;
    next += 1;
    const done = (lanes[lane] as Promise<unknown>).then(work);
    lanes[lane] = done.catch(() => undefined);
    return done;
  };
}

function nothingNew(rule: Rule): RuleReport {
  return { id: rule.id, name: rule.name, candidates: 0, created: 0, updated: 0, tookMs: 0 };
}

interface RuleRun {
  readonly report: RuleReport;
  /** How far the rule came, also when it failed further on. */
  readonly reached: ArrivalCursor | undefined;
}

async function runRule(
  options: CycleOptions,
  runner: RuleRunner,
  arrival: ArrivalRange,
): Promise<RuleRun> {
  const { rule } = runner;
  const pages = options.pages ?? PAGE_SIZES;
  const startedMs = performance.now();
  let candidates = 0;
  const changes = { created: 0, updated: 0 };
  let reached = arrival.after;
  const report = (error?: string): RuleRun => ({
    report: {
      id: rule.id,
      name: rule.name,
      candidates,
      ...changes,
      tookMs: elapsed(startedMs),
      ...(error === undefined ? {} : { error }),
    },
    reached,
  });
  if (arrival.after === arrival.upTo) return report();
  if (runner.ownCheckpoint !== arrival.after) {
    runner.points.clear();
    runner.hasForgotten = true;
  }
  const writer: EpisodeWriter = {
    store: options.store,
    rule,
    latenessMs: options.latenessMs,
    now: options.now,
    lanesFor: options.lanesFor,
    onAlert: (alert, change) => {
      if (alert.self_test !== true) changes[change] += 1;
      options.onAlert(alert, change);
    },
  };
  try {
    if (runner.hasForgotten) await runner.firstSeen?.load();
    runner.hasForgotten = false;
    for (const upTo of options.store.splitArrivals(arrival.after, arrival.upTo, pages.arrivals)) {
      const step = { after: reached, upTo };
      for await (const batch of collectWork(options.store, rule, step, pages, options.onLimit)) {
        candidates += batch.length;
        const before = changes.created;
        await runBatch(options, runner, writer, batch);
        if (changes.created > before) await mergeDoubles(writer, batch);
      }
      // Before the checkpoint: what lies behind it is known.
      await runner.firstSeen?.save();
      reached = upTo;
    }
    reached = arrival.upTo;
    options.logger.debug({ ruleId: rule.id, candidates, ...changes }, 'Rule evaluated');
    return report();
  } catch (error) {
    runner.points.clear();
    runner.hasForgotten = true;
    options.logger.error({ err: error, ruleId: rule.id }, 'Rule could not be evaluated');
    return report(messageOf(error));
  }
}

async function runBatch(
  options: CycleOptions,
  runner: RuleRunner,
  writer: EpisodeWriter,
  all: readonly EntityWork[],
): Promise<void> {
  const { store, latenessMs } = options;
  const { evaluator, points, rule } = runner;
  const batch = runner.firstSeen?.open(all) ?? all;
  const pageSize = (options.pages ?? PAGE_SIZES).events;
  const found = await evaluateEntities({ store, evaluator, points, latenessMs, pageSize }, batch);
  const told = await judge(options, runner, batch, found);
  const outcomes: EntityEpisodes[] = [];
  for (const [index, work] of batch.entries()) {
    const episodes = told[index] ?? [];
    if (episodes.length === 0) continue;
    const reachMs = Math.max(work.lastNewMs, ...episodes.map((episode) => episode.lastMs));
    // An episode may reach further than the alerts that were read for it.
    const alerts =
      reachMs > work.lastNewMs + rule.suppressMs
        ? await readAlerts(store, rule, { ...work, lastNewMs: reachMs }, options.onLimit)
        : work.alerts;
    outcomes.push({ entity: work.entity, episodes, alerts });
  }
  await storeEpisodes(writer, outcomes);
}

function readCheckpoints(state: unknown): ReadonlyMap<string, ArrivalCursor> {
  if (typeof state !== 'object' || state === null) return new Map();
  return new Map(
    Object.entries(state).filter(
      (entry): entry is [string, ArrivalCursor] => typeof entry[1] === 'string',
    ),
  );
}

function elapsed(sinceMs: number): number {
  return Math.round((performance.now() - sinceMs) * 10) / 10;
}
