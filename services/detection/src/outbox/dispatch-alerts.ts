/**
 * The outbox. An alert's response stays `pending` in the store until the response service has
 * acknowledged it, so nothing is lost when either side restarts. Response and enrichment run side by
 * side, each in its own loop: a slow or dead enricher never delays a block. Only one that answers from
 * memory is asked with response, so that an alert is written once for both.
 *
 * The live and severe come first. What response has no room for at present stays pending and is asked
 * again when response said, as often as it takes.
 */
import { compareSeverity, LIMITS, type Alert } from '@mini-soc/model';
import type { VersionedAlert, WaitingAlert, WaitingSearch } from '@mini-soc/store';
import { changeAlerts, readPresent, type AlertWrite } from '@mini-soc/detect';
import { enrichedNow, enrichOrCount, MAX_ENRICH_ATTEMPTS } from './ask-enricher.ts';
import {
  bothOf,
  decisionWriter,
  deferredUntil,
  respond,
  respondAtOnce,
  respondToAll,
  type Answered,
  type DecisionWriter,
} from './ask-response.ts';
import { createLane, type Lane } from './dispatch-lane.ts';
import type { DispatchOptions } from './dispatch-options.ts';
import type { Answer } from './http-ports.ts';

export interface Dispatcher {
  /** Something may be waiting: work through it. What failed waits for its time. Never throws. */
  readonly kick: () => void;
  /** As `kick`, for what waits for response alone: enrichment can wait until a cycle is over. */
  readonly kickResponse: () => void;
  /**
   * Asks response about new alerts before their turn; `stored` settles when they are written. Only then
   * are the answers reported. Never throws.
   */
  readonly respondNow: (alerts: readonly Alert[], stored: Promise<unknown>) => void;
  /** Resolves when both loops rest. */
  readonly settled: () => Promise<void>;
  /** Ends after the present calls. */
  readonly stop: () => Promise<void>;
  /** Alerts that waited for an answer in the last pass. */
  readonly pending: () => number;
}

const PAGE = LIMITS.dispatch_page.value;
const MAX_WAITING = LIMITS.dispatch_waiting.value;
const PARALLEL_RESPONSES = 8;
const PARALLEL_ENRICHMENTS = 2;
/** After this it is asked anew what waits: something more severe may have come. */
const LIST_AGE_MS = 500;

export function createDispatcher(options: DispatchOptions): Dispatcher {
  const { store, responder, enricher } = options;
  let stopped = false;
  let pending = 0;
  /** Alerts that are being answered before their turn. */
  const inFlight = new Map<string, Promise<void>>();
  const write = createAnswerWriter(options);

  /** One pass over what waits, a page after the other while that helps. */
  const passOver = async (
    kind: WaitingSearch['for'],
    isDue: (one: WaitingAlert) => boolean,
    work: (page: readonly VersionedAlert[]) => Promise<boolean>,
    heard?: (waiting: number) => void,
  ): Promise<boolean> => {
    const waiting = await store.waitingAlerts({ for: kind, size: MAX_WAITING });
    heard?.(waiting.length);
    const due = waiting.filter(isDue).toSorted(byUrgency);
    const began = performance.now();
    for (let from = 0; from < due.length && !stopped; from += PAGE) {
      if (from > 0 && performance.now() - began > LIST_AGE_MS) return true;
      const ids = due.slice(from, from + PAGE).map((one) => one.alertId);
      const present = await readPresent(store, ids);
      const page = ids.flatMap((id) => present.get(id) ?? []);
      if (!(await work(page.filter(({ alert }) => isWaiting(alert, kind))))) return false;
    }
    return due.length > 0 && waiting.length === MAX_WAITING;
  };

  const responding = createLane(options, 'Response', (lane) =>
    passOver(
      'response',
      ({ alertId }) => lane.isDue(alertId) && !inFlight.has(alertId),
      async (page) => {
        const enriched = enricher.isAtHand === true ? enrichedNow(options, page) : undefined;
        return lane.work(page, {
          parallel: PARALLEL_RESPONSES,
          work: (versioned) => respond(options, versioned, lane),
          workAll:
            responder.respondAll === undefined
              ? undefined
              : (waiting) => respondToAll(responder.respondAll, waiting),
          write: async (answers) => write(await finished(answers, lane, enriched)),
        });
      },
      (waiting) => (pending = waiting),
    ),
  );
  /** The writes of these answers; what was deferred is postponed. */
  const finished = async (
    answers: readonly Answered[],
    lane: Lane,
    enriched: Promise<ReadonlyMap<string, AlertWrite['apply']>> | undefined,
  ): Promise<readonly AlertWrite[]> => {
    const additions = await enriched;
    return answers.map(({ versioned, answer }) => {
      const { alert } = versioned;
      if (answer.outcome === 'deferred')
        lane.postpone(alert.alert_id, deferredUntil(answer, options.now()));
      const decide = decisionWriter(options, alert, answer);
      const add = additions?.get(alert.alert_id);
      return { versioned, apply: add === undefined ? decide : bothOf(decide, add) };
    });
  };
  const enriching = createLane(options, 'Enrichment', (lane) =>
    passOver(
      'enrichment',
      ({ alertId }) => lane.isDue(alertId, MAX_ENRICH_ATTEMPTS),
      (page) =>
        lane.work(page, {
          parallel: PARALLEL_ENRICHMENTS,
          work: (versioned) => enrichOrCount(options, versioned, lane),
          write,
        }),
    ),
  );
  const kickResponse = (): void => {
    if (!stopped) responding.kick();
  };
  let enrichingNext: Promise<void> = Promise.resolve();
  const kickEnrichment = (): void => {
    if (!stopped) enriching.kick();
  };
  const kick = (): void => {
    kickResponse();
    // One that is at hand was asked with response; what is left comes after that.
    if (enricher.isAtHand === true) enrichingNext = responding.settled().then(kickEnrichment);
    else kickEnrichment();
  };
  const settled = async (): Promise<void> => {
    await Promise.all(inFlight.values());
    await responding.settled();
    await enrichingNext;
    await enriching.settled();
  };
  const answerNow = async (alerts: readonly Alert[], stored: Promise<unknown>): Promise<void> => {
    try {
      const [answers] = await Promise.all([respondAtOnce(responder, alerts), stored]);
      const writers = new Map(
        alerts.map((alert, index) => {
          const answer = answers[index] as Answer;
          const apply = decisionWriter(options, alert, answer);
          if (answer.outcome !== 'deferred') options.onAlert(apply(alert) ?? alert);
          return [alert.alert_id, apply];
        }),
      );
      const present = await readPresent(store, [...writers.keys()]);
      const additions =
        enricher.isAtHand === true && alerts.length > 1
          ? await enrichedNow(options, [...present.values()])
          : undefined;
      await write(
        [...present.values()].map((versioned) => {
          const id = versioned.alert.alert_id;
          const decide = writers.get(id) as DecisionWriter;
          const add = additions?.get(id);
          return { versioned, apply: add === undefined ? decide : bothOf(decide, add) };
        }),
      );
    } catch (error) {
      options.logger.warn(
        { err: error, alertId: alerts[0]?.alert_id, alerts: alerts.length },
        'Response could not be asked at once; the outbox will',
      );
    } finally {
      for (const { alert_id: id } of alerts) inFlight.delete(id);
      kick();
    }
  };
  return {
    kick,
    kickResponse,
    respondNow: (given, stored) => {
      const alerts = given.filter((alert) => !inFlight.has(alert.alert_id));
      if (stopped || alerts.length === 0) return;
      const answered = answerNow(alerts, stored);
      for (const { alert_id: id } of alerts) inFlight.set(id, answered);
    },
    settled,
    stop: async () => {
      stopped = true;
      responding.stop();
      enriching.stop();
      await settled();
    },
    pending: () => pending,
  };
}

/**
 * Writes the answers of both lanes, one batch after the other. Both lanes read a new alert at the same
 * time: the answer that comes second would be refused for its version, so it reads again at once.
 */
function createAnswerWriter(
  options: DispatchOptions,
): (answers: readonly AlertWrite[]) => Promise<void> {
  const { store } = options;
  /** The version that our last write of an alert took the place of. */
  const replaced = new Map<string, string>();
  let last: Promise<unknown> = Promise.resolve();
  const isStale = ({ versioned: { alert, version } }: AlertWrite) =>
    replaced.get(alert.alert_id) === version;
  const writeNow = async (answers: readonly AlertWrite[]): Promise<void> => {
    const stale = answers.filter(isStale).map(({ versioned }) => versioned.alert.alert_id);
    const present = await readPresent(store, stale);
    const current = answers.map((answer) => {
      const versioned = present.get(answer.versioned.alert.alert_id);
      return versioned === undefined ? answer : { ...answer, versioned };
    });
    const written = await changeAlerts(store, current);
    if (replaced.size > PAGE) replaced.clear();
    for (const { versioned } of current) replaced.set(versioned.alert.alert_id, versioned.version);
    for (const alert of written) if (alert !== undefined) options.onAlert(alert);
  };
  return (answers) => {
    const turn = last.then(() => writeNow(answers));
    last = turn.catch(() => undefined);
    return turn;
  };
}

function isWaiting(alert: Alert, kind: WaitingSearch['for']): boolean {
  if (alert.details.merged_into !== undefined) return false;
  return kind === 'response' ? alert.response.state === 'pending' : !alert.enriched;
}

/** Those that may still be blocked first, the most severe of them first, then the oldest. */
function byUrgency(a: WaitingAlert, b: WaitingAlert): number {
  return Number(a.late) - Number(b.late) || compareSeverity(b.severity, a.severity) || a.ms - b.ms;
}
