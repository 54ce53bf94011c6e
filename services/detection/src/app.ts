/** The detection service: rules on a schedule and when events arrive, alerts, and their way out. */
import { messageOf, RESPONSE_LANE, type Alert, type SocEvent } from '@mini-soc/model';
import {
  createHttpApp,
  createLimitCounter,
  type HttpApp,
  type HttpFace,
  type Logger,
  type Readiness,
} from '@mini-soc/service-kit';
import {
  NO_LISTS,
  withExceptions,
  type Lists,
  type Rule,
  type RuleException,
  type RuleFault,
} from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { createDueRules, type CycleReport, type Observation } from '@mini-soc/detect';
import { createAlertFeed } from './alert-feed.ts';
import { createCycleRuns } from './cycle-runs.ts';
import { createEngine } from './engine.ts';
import { createKeptExceptions } from './kept-exceptions.ts';
import { createDispatcher } from './outbox/dispatch-alerts.ts';
import { describeCoverage } from './self-monitoring/describe-coverage.ts';
import {
  countRules,
  describeRules,
  healthOfRules,
  logExpired,
  logRules,
} from './self-monitoring/describe-rules.ts';
import { describeFieldGaps, logFieldGaps } from './self-monitoring/describe-field-gaps.ts';
import { createLanes, createLanesFor, type Outputs } from './outbox/lanes.ts';
import { limitsOfAlert } from './self-monitoring/limits-of-alert.ts';
import { createActNote } from './note-act.ts';
import { createMetrics } from './self-monitoring/metrics.ts';
import type { HostPart } from './self-monitoring/host-part.ts';
import { createSelfMonitoring, type SelfMonitoring } from './self-monitoring/self-monitoring.ts';
import { joinReadiness } from './self-monitoring/join-readiness.ts';
import { describeRetention, startRetention } from './retention.ts';
import { exceptionRoutes } from './routes/exceptions.ts';
import { alertRoutes } from './routes/alerts.ts';
import { ruleRoutes } from './routes/rules.ts';
import { triggerRoutes } from './routes/trigger.ts';
import { createDebounce, scheduleEvery } from './schedule.ts';
export { createHttpEnricher, enrichmentRequestOf } from './outbox/enrichment/http-enricher.ts';
export type { Enricher } from './outbox/enrichment/enrichment-lane.ts';
export type { Lane, Receipt } from './outbox/lane.ts';
export { createHttpResponder } from './outbox/response/http-responder.ts';
export type { Responder } from './outbox/response/response-lane.ts';
export type { ServiceAddress } from './outbox/service-address.ts';
export type { HostPart } from './self-monitoring/host-part.ts';
export type { ProductAlerts, ProductFinding } from './self-monitoring/product-alert.ts';
export { createWrongTokenReporter } from './self-monitoring/report-wrong-tokens.ts';
export type { WrongTokenReporter } from './self-monitoring/report-wrong-tokens.ts';
export { createSelfMonitoring } from './self-monitoring/self-monitoring.ts';
export type { SelfMonitoring } from './self-monitoring/self-monitoring.ts';
export { detectionSettingsOf } from './detection-settings.ts';
export { refuseShortRetention } from './retention.ts';
export { describeSelfTest } from './self-monitoring/self-test/describe-self-test.ts';
export { createHostSelfTest } from './self-monitoring/self-test/host-self-test.ts';
export type { HostSelfTest } from './self-monitoring/self-test/host-self-test.ts';
export { SELF_TEST_STAGES } from './self-monitoring/self-test/self-test-outcome.ts';
export { createSelfTest, SELF_TEST_PATIENCE_MS } from './self-monitoring/self-test/self-test.ts';
export type { SelfTestOutcome } from './self-monitoring/self-test/self-test-outcome.ts';
export { createStackSelfTest } from './self-monitoring/self-test/stack-self-test.ts';

export interface DetectionOptions extends Outputs {
  readonly store: Store;
  readonly rules: readonly Rule[];
  /** Rule files that are not in force, to be named wherever the rules are. */
  readonly ruleFaults?: readonly RuleFault[];
  /** The user's exceptions, which the rules already have in their filters. */
  readonly ruleExceptions?: readonly RuleException[];
  /** Lists that exceptions made through the API may name. */
  readonly lists?: Lists;
  /** Each alert as it is stored, new or changed. */
  readonly onAlert?: (alert: Alert) => void;
  /** Each cycle that ran to its end. */
  readonly onCycle?: (report: CycleReport) => void;
  /** Nobody stores an event that did not pass `observeArrivals` of this process: rules rest meanwhile. */
  readonly seesAllArrivals?: boolean;
  /** Parts of the host for /ready, each in one plain sentence; `isWell` false asks for a person. */
  readonly parts?: () => Readonly<Record<string, HostPart>>;
  /** That of the host, whose other parts report to it too; one of its own when absent. */
  readonly monitoring?: SelfMonitoring;
  readonly logger: Logger;
  readonly version: string;
  /** Names and certificate of our own app, as a process of its own. */
  readonly http?: HttpFace;
}

export interface Detection {
  readonly app: HttpApp;
  /** Begins the schedule and sends what was left in the outbox. */
  readonly start: () => Promise<void>;
  /** Ends after the present cycle and the present calls; closes the app. Idempotent. */
  readonly stop: () => Promise<void>;
  /** One cycle that sees every event stored before this call. Throws StoreError. */
  readonly trigger: () => Promise<CycleReport>;
  /**
   * Looks at events in order of arrival that are about to be stored. What fires is stored and sent to
   * response without waiting for them. Resolves when the alerts are stored, with what is to be called
   * when the events are, with the number of new ones: a cycle follows for the rules they concern.
   * Never rejects.
   */
  readonly observeArrivals: (events: readonly SocEvent[]) => Promise<(stored: number) => void>;
  /** Events were stored that nobody looked at: a cycle follows within milliseconds. */
  readonly notifyArrival: () => void;
}

const ARRIVAL_WAIT_MS = 20;
/** Cycles because of arrivals are this far apart… */
const ARRIVAL_PACE_MS = 200;
/** …and this far when the first look has answered already. */
const ANSWERED_PACE_MS = 2000;
/** A cycle that is this late is no gap yet. */
const GAP_SLACK_MS = 15_000;

export async function buildDetection(options: DetectionOptions): Promise<Detection> {
  const { store, rules, now, logger, ruleFaults = [], ruleExceptions = [] } = options;
  const monitoring = options.monitoring ?? createSelfMonitoring({ store, now, logger });
  const { limits, registry } = monitoring;
  const onLimit = createLimitCounter(registry, ['detection'], limits.report);
  const feed = createAlertFeed(onLimit);
  const publish = (alert: Alert): void => {
    if (alert.self_test !== true) feed.publish(alert);
    for (const name of limitsOfAlert(alert)) onLimit(name);
    options.onAlert?.(alert);
  };
  monitoring.alerts.subscribe(publish);
  const lanes = createLanes(options);
  const lanesFor = createLanesFor(lanes);
  const dispatcher = createDispatcher({ ...options, lanes, onAlert: publish, onLimit });
  monitoring.connect({
    lanesFor,
    onStored: (alert) => {
      dispatcher.offer([alert]);
      dispatcher.flush();
    },
  });
  /** The present cycle has made or changed an alert. */
  let hasChanged = false;
  const dueRules = createDueRules();
  const { latenessMs } = options.settings;
  const engine = createEngine(
    {
      cycle: {
        store,
        ...(options.seesAllArrivals === true ? { dueRules } : {}),
        latenessMs,
        toleranceMs: 2 * options.settings.intervalMs + GAP_SLACK_MS,
        now,
        logger,
        lanesFor,
        onLimit,
        onAlert: (alert, change) => {
          publish(alert);
          hasChanged = true;
          dispatcher.offer([alert], change);
        },
      },
      watch: { latenessMs, onLimit },
      reaction: {
        store,
        latenessMs,
        now,
        logger,
        lanesFor,
        respondNow: dispatcher.sendNow,
        onAlert: publish,
        onLimit,
      },
      now,
    },
    rules,
  );
  const { cycle, reaction } = engine;
  const kept = createKeptExceptions({
    store,
    lists: options.lists ?? NO_LISTS,
    now,
    logger,
    onChange: () => engine.replaceRules(rules.map((rule) => withExceptions(rule, kept.list()))),
  });
  const metrics = createMetrics(registry, {
    dispatchPending: () => dispatcher.pending(RESPONSE_LANE),
    streamClients: feed.size,
    arrivals: engine.arrivals,
    rules: countRules(rules, ruleFaults),
  });
  const enabledIds = new Set(rules.filter((rule) => rule.enabled).map((rule) => rule.id));
  let lastFailure: string | undefined;
  const cycles = createCycleRuns(async (scope) => {
    try {
      const report = await cycle.run(scope);
      lastFailure = undefined;
      metrics.observeCycle(report);
      options.onCycle?.(report);
      if (report.created + report.updated > 0)
        logger.info(
          { created: report.created, updated: report.updated, tookMs: report.tookMs },
          'Detection cycle changed alerts',
        );
      return report;
    } catch (error) {
      lastFailure = messageOf(error);
      metrics.observeFailedCycle();
      throw error;
    } finally {
      if (hasChanged) dispatcher.flush();
      hasChanged = false;
    }
  });
  const quietly = (run: () => Promise<CycleReport>): void => {
    run().catch((error: unknown) => logger.error({ err: error }, 'Detection cycle failed'));
  };
  const arrivals = createDebounce(ARRIVAL_WAIT_MS, () => quietly(cycles.ofWaiting));
  let endSchedule: (() => void) | undefined;
  let endRetention: (() => Promise<void>) | undefined;
  let stopping: Promise<void> | undefined;

  const { retention } = options.settings;
  const retentionPart =
    retention === undefined || store.lifecycle === undefined
      ? {}
      : { retention: { state: describeRetention(retention, store.lifecycle), isWell: true } };
  const fieldGaps = describeFieldGaps(rules, store);
  const ready = async (): Promise<Readiness> => {
    const storeState = await store.ping().then(() => 'ok', messageOf);
    const rulesPart = describeRules(rules, ruleFaults, ruleExceptions, cycle.stateOf, now());
    const coverage = describeCoverage(rules, cycle.coverageOf, now().getTime());
    return joinReadiness({
      storeState,
      lastFailure,
      own: {
        rules: rulesPart,
        coverage,
        limits: { state: limits.describe(), isWell: !limits.isCutting() },
        ...retentionPart,
        ...(fieldGaps === undefined ? {} : { fields: fieldGaps }),
      },
      host: options.parts?.() ?? {},
      dispatch: `waiting for the response service: ${dispatcher.pending(RESPONSE_LANE)}`,
    });
  };
  const app = await createHttpApp({
    ...options.http,
    name: 'detection',
    version: options.version,
    logger,
    token: options.settings.token,
    ready,
    registry,
    health: () => healthOfRules(rules, ruleFaults),
  });
  const onAct = createActNote(options.responder, logger);
  alertRoutes(app, { store, feed, now, onAlert: publish, onAct });
  const { stateOf, coverageOf } = cycle;
  ruleRoutes(app, { rules, faults: ruleFaults, stateOf, coverageOf });
  exceptionRoutes(app, { exceptions: ruleExceptions, kept, rules, store, now });
  triggerRoutes(app, { trigger: cycles.ofAll });
  app.addHook('preClose', async () => feed.close());

  return {
    app,
    start: async () => {
      logFieldGaps(rules, store, logger);
      logRules(rules, ruleFaults, logger);
      logExpired(ruleExceptions, now(), logger);
      for (const rule of rules)
        for (const warning of rule.warnings)
          logger.warn({ ruleId: rule.id, warning }, 'Rule probably says more than it means');
      endSchedule ??= scheduleEvery(options.settings.intervalMs, () => {
        quietly(cycles.ofAll);
        dispatcher.kick();
        void limits.flush();
      });
      endRetention ??=
        retention === undefined
          ? undefined
          : startRetention({
              store,
              settings: retention,
              registry,
              onLimit,
              now,
              logger,
            });
      await kept.load();
      await reaction.start();
      dispatcher.kick();
      quietly(cycles.ofAll);
    },
    stop: () => {
      stopping ??= (async () => {
        endSchedule?.();
        await endRetention?.();
        arrivals.cancel();
        await cycles.settled();
        await dispatcher.stop();
        feed.close();
        await app.close();
      })();
      return stopping;
    },
    trigger: cycles.ofAll,
    observeArrivals: async (events) => {
      let observation: Observation | undefined;
      let stored: (() => void) | undefined;
      // Due before they are stored: a cycle must not pass them by.
      await reaction.observe(events, (noted) => {
        observation = noted;
        stored = dueRules.expect(noted.matched, noted.waiting);
      });
      return (count) => {
        stored?.();
        if (count === 0 || stopping !== undefined || observation?.waiting.size === 0) return;
        arrivals.notify(observation?.isComplete === true ? ANSWERED_PACE_MS : ARRIVAL_PACE_MS);
      };
    },
    notifyArrival: () => {
      dueRules.expect(enabledIds)();
      if (stopping === undefined) arrivals.notify(ARRIVAL_PACE_MS);
    },
  };
}
