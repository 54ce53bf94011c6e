/**
 * The outbox. An alert's response stays `pending` in the store until the response service has
 * acknowledged it, so nothing is lost when either side restarts. Response and enrichment run side by
 * side, each in its own loop: a slow or dead enricher never delays a block.
 */
import {
  compareSeverity,
  LIMITS,
  messageOf,
  type Alert,
  type LimitListener,
} from '@mini-soc/model';
import { withTimeLimit, type Logger } from '@mini-soc/service-kit';
import type { Store, VersionedAlert } from '@mini-soc/store';
import { changeAlerts, readPresent, type AlertWrite } from './change-alert.ts';
import { ENRICH_TIMEOUT_MS, type Enricher, type Responder } from './http-ports.ts';
import { createLane, isRetryable, type Lane } from './dispatch-lane.ts';

export interface DispatchOptions {
  readonly store: Store;
  readonly responder: Responder;
  readonly enricher: Enricher;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly onAlert: (alert: Alert) => void;
  readonly onLimit?: LimitListener;
}

export interface Dispatcher {
  /** Something may be waiting: work through it. What failed waits for its time. Never throws. */
  readonly kick: () => void;
  /** As `kick`, for what waits for response alone: enrichment can wait until a cycle is over. */
  readonly kickResponse: () => void;
  /**
   * Asks response about a new alert before its turn; `stored` settles when the alert is written. Only
   * then is the answer reported. Never throws.
   */
  readonly respondNow: (alert: Alert, stored: Promise<unknown>) => void;
  /** Resolves when both loops rest. */
  readonly settled: () => Promise<void>;
  /** Ends after the present calls. */
  readonly stop: () => Promise<void>;
  /** Alerts that waited for an answer in the last pass. */
  readonly pending: () => number;
}

const PAGE = LIMITS.dispatch_page.value;
const PARALLEL_RESPONSES = 8;
const PARALLEL_ENRICHMENTS = 2;
const MAX_REFUSALS = LIMITS.respond_refusals.value;
const MAX_ENRICH_ATTEMPTS = LIMITS.enrich_attempts.value;

export function createDispatcher(options: DispatchOptions): Dispatcher {
  let stopped = false;
  let pending = 0;
  /** Alerts that are being answered before their turn. */
  const inFlight = new Map<string, Promise<void>>();
  const write = createAnswerWriter(options);
  const responding = createLane(options, 'Response', async (lane) => {
    const waiting = await options.store.searchAlerts({ responseState: 'pending', size: PAGE });
    pending = waiting.length;
    const due = waiting
      .filter(({ alert }) => lane.isDue(alert) && !inFlight.has(alert.alert_id))
      .toReversed();
    await lane.work(
      due,
      PARALLEL_RESPONSES,
      (versioned) => respond(options, versioned, lane),
      write,
    );
    // A full page hides others behind it; go on while that helps.
    return due.length > 0 && waiting.length === PAGE;
  });
  const enriching = createLane(options, 'Enrichment', async (lane) => {
    const waiting = await options.store.searchAlerts({ enriched: false, size: PAGE });
    const due = waiting.filter(({ alert }) => lane.isDue(alert, MAX_ENRICH_ATTEMPTS));
    await lane.work(
      due,
      PARALLEL_ENRICHMENTS,
      (versioned) => enrichOrCount(options, versioned, lane),
      write,
    );
    return due.length > 0 && waiting.length === PAGE;
  });
  const kickResponse = (): void => {
    if (!stopped) responding.kick();
  };
  const kick = (): void => {
    kickResponse();
    if (!stopped) enriching.kick();
  };
  const answerNow = async (alert: Alert, stored: Promise<unknown>): Promise<void> => {
    try {
      const [answer] = await Promise.all([options.responder.respond(alert), stored]);
      const apply = decisionWriter(options, alert, answer);
      options.onAlert(apply(alert));
      const [versioned] = await options.store.readAlerts([alert.alert_id]);
      if (versioned !== undefined) await write([{ versioned, apply }]);
    } catch (error) {
      options.logger.warn(
        { err: error, alertId: alert.alert_id },
        'Response could not be asked at once; the outbox will',
      );
    } finally {
      inFlight.delete(alert.alert_id);
      kick();
    }
  };
  return {
    kick,
    kickResponse,
    respondNow: (alert, stored) => {
      if (stopped || inFlight.has(alert.alert_id)) return;
      inFlight.set(alert.alert_id, answerNow(alert, stored));
    },
    settled: async () => {
      await Promise.all(inFlight.values());
      await Promise.all([responding.settled(), enriching.settled()]);
    },
    stop: async () => {
      stopped = true;
      responding.stop();
      enriching.stop();
      await Promise.all(inFlight.values());
      await Promise.all([responding.settled(), enriching.settled()]);
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

/** Sends the alert; the answer is to be written down. */
async function respond(
  options: DispatchOptions,
  versioned: VersionedAlert,
  lane: Lane,
): Promise<AlertWrite> {
  const { alert } = versioned;
  let answer: Awaited<ReturnType<Responder['respond']>>;
  try {
    answer = await options.responder.respond(alert);
  } catch (error) {
    // What response does not accept will not become better: say so instead of asking for ever.
    const isFinal = !isRetryable(error) && lane.attemptsOf(alert) + 1 >= MAX_REFUSALS;
    if (!isFinal) throw error;
    options.onLimit?.('respond_refusals');
    answer = {
      action: 'ignore',
      outcome: 'refused',
      reason: `The response service does not accept this alert: ${messageOf(error)}`.slice(0, 500),
    };
  }
  return { versioned, apply: decisionWriter(options, alert, answer) };
}

/** Writes the answer into the alert; one that climbed since it was sent stays pending. */
function decisionWriter(
  options: DispatchOptions,
  sent: Alert,
  answer: Awaited<ReturnType<Responder['respond']>>,
): (present: Alert) => Alert {
  // No answer yet: it stays in the outbox with the reason, and is asked about again.
  if (answer.outcome === 'deferred')
    return (present) => ({
      ...present,
      response: { ...present.response, state: 'pending', reason: answer.reason.slice(0, 500) },
    });
  return (present) => ({
    ...present,
    updated_at: options.now().toISOString(),
    response: {
      state:
        compareSeverity(present.severity, sent.severity) > 0
          ? 'pending'
          : answer.outcome === 'refused'
            ? 'refused'
            : 'done',
      action: answer.action,
      reason: answer.reason.slice(0, 500),
      decided_at: options.now().toISOString(),
      dispatched_severity: sent.severity,
    },
  });
}

async function enrichOrCount(
  options: DispatchOptions,
  versioned: VersionedAlert,
  lane: Lane,
): Promise<AlertWrite> {
  try {
    return await enrich(options, versioned);
  } catch (error) {
    if (lane.attemptsOf(versioned.alert) + 1 >= MAX_ENRICH_ATTEMPTS)
      options.onLimit?.('enrich_attempts');
    throw error;
  }
}

async function enrich(options: DispatchOptions, versioned: VersionedAlert): Promise<AlertWrite> {
  const enrichment = await withTimeLimit(
    options.enricher.enrich(versioned.alert),
    ENRICH_TIMEOUT_MS,
    `No answer within ${ENRICH_TIMEOUT_MS} ms`,
  );
  const { mitre_techniques, mitre_tactics, mitre_urls, threat_confidence, threat_summary } =
    enrichment;
  const apply = (present: Alert): Alert => ({
    ...present,
    enriched: true,
    updated_at: options.now().toISOString(),
    details: {
      ...present.details,
      mitre_techniques,
      mitre_tactics,
      mitre_urls,
      threat_confidence,
      threat_summary,
    },
  });
  return { versioned, apply };
}
