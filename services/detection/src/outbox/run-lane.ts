/**
 * The loop of one lane. It works through alerts it was handed, and searches for what waits only at the
 * start, with each tick and when a pause is over. The live and severe come first.
 */
import { compareSeverity, LIMITS, waitsFor, type Alert, type LimitListener } from '@mini-soc/model';
import { readPresent, type AlertWrite } from '@mini-soc/detect';
import type { Logger } from '@mini-soc/service-kit';
import type { Store, VersionedAlert } from '@mini-soc/store';
import { createSingleFlight } from '../single-flight.ts';
import { acknowledge } from './acknowledge.ts';
import type { Lane, LaneAnswer } from './lane.ts';
import { sendAlong, sendTogether, type Lent } from './send-alerts.ts';
import { sendPage } from './send-page.ts';
import type { StoredAlerts } from './stored-alerts.ts';
import { createTurns, FIRST_PAUSE_MS, LONGEST_PAUSE_MS } from './turns.ts';
import { byUrgency, urgencyOf, type Urgency } from './urgency.ts';

const MAX_ROUNDS = 1000;
const PAGE = LIMITS.dispatch_page.value;
const MAX_WAITING = LIMITS.dispatch_waiting.value;
const MAX_IN_HAND = LIMITS.dispatch_in_hand.value;
/** After this it is asked anew what waits: something more severe may have come. */
const LIST_AGE_MS = 500;

export interface LaneLoopOptions {
  readonly lane: Lane;
  readonly store: Store;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly onAlert: (alert: Alert) => void;
  readonly onLimit: LimitListener;
  /** Lanes at hand that are asked with this one. */
  readonly company: () => readonly LaneLoop[];
  /** Whether a lane that comes first, of this name, has yet to have its turn. */
  readonly comesFirst: (name: string, alertId: string) => boolean;
  readonly stored: StoredAlerts;
  /** Resolves with the alerts as written. */
  readonly write: (answers: readonly AlertWrite[]) => Promise<readonly Alert[]>;
  /** Alerts with the answers of this lane: those that waited for it may go on. */
  readonly onAnswered: (alerts: readonly Alert[]) => void;
  readonly onFailed: () => void;
}

export interface LaneLoop {
  readonly lane: Lane;
  /** Hands it alerts that are stored and wait for it; it begins with `start`. */
  readonly take: (alerts: readonly Alert[]) => void;
  /** Alerts as they were just written: what it holds of them is of before. */
  readonly renew: (alerts: readonly Alert[]) => void;
  /** Lets another lane send those of the alerts that wait for this one and are not under way. */
  readonly lend: (alerts: readonly Alert[]) => Lent;
  /** Works through what it was handed. Never throws. */
  readonly start: () => void;
  /** Works through everything that waits. What failed waits for its time. Never throws. */
  readonly search: () => void;
  /** Asks about alerts that are being written, beside the loop. Never throws. */
  readonly sendNow: (alerts: readonly Alert[], stored: Promise<unknown>) => void;
  /** It has failed at the alert, or reaches nobody: who comes after it need not wait. */
  readonly hadTurn: (alertId: string) => boolean;
  readonly isResting: () => boolean;
  readonly settled: () => Promise<void>;
  readonly stop: () => void;
  /** Alerts that waited when it searched last, without those answered since. */
  readonly waiting: () => number;
}

export function createLaneLoop(options: LaneLoopOptions): LaneLoop {
  const { lane, store, logger } = options;
  const title = `${lane.name.charAt(0).toUpperCase()}${lane.name.slice(1)}`;
  const nowMs = (): number => options.now().getTime();
  const turns = createTurns({ ...options, nowMs });
  const inHand = new Map<string, Alert>();
  /** What is being sent just now, as it was sent. */
  const underWay = new Map<string, Alert>();
  /** Calls before their turn. */
  const atOnce = new Set<Promise<void>>();
  let isSearchDue = false;
  let hasFailed = false;
  let waiting = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const sender = { ...options, title, turns, isStopped: () => stopped };

  const take = (alerts: readonly Alert[]): void => {
    for (const alert of alerts) {
      const { alert_id: id, severity } = alert;
      const sent = underWay.get(id);
      if (sent !== undefined && compareSeverity(severity, sent.severity) <= 0) continue;
      if (inHand.size < MAX_IN_HAND || inHand.has(id)) inHand.set(id, alert);
      else isSearchDue = true;
    }
  };
  const renew = (alerts: readonly Alert[]): void => {
    for (const alert of alerts) {
      const held = inHand.get(alert.alert_id);
      if (held === undefined || compareSeverity(held.severity, alert.severity) > 0) continue;
      if (waitsFor(alert).includes(lane.name)) inHand.set(alert.alert_id, alert);
      else inHand.delete(alert.alert_id);
    }
  };
  const lend = (given: readonly Alert[]): Lent => {
    const alerts = given.filter(
      (alert) => !underWay.has(alert.alert_id) && waitsFor(alert).includes(lane.name),
    );
    for (const alert of alerts) underWay.set(alert.alert_id, alert);
    const giveBack = (): void => {
      for (const { alert_id: id } of alerts) underWay.delete(id);
    };
    return { lane, alerts, giveBack };
  };
  /** Nobody else sends these meanwhile, here or, where it is at hand, on a lane that goes along. */
  const during = async <Result>(
    alerts: readonly Alert[],
    goesAlong: boolean,
    work: (company: readonly Lent[]) => Promise<Result>,
  ): Promise<Result> => {
    for (const alert of alerts) underWay.set(alert.alert_id, alert);
    const company = goesAlong ? options.company().map((loop) => loop.lend(alerts)) : [];
    try {
      return await work(company);
    } finally {
      for (const { alert_id: id } of alerts) underWay.delete(id);
      for (const lent of company) lent.giveBack();
    }
  };
  const writeAnswers = async (
    answers: readonly LaneAnswer[],
    along: ReadonlyMap<string, readonly LaneAnswer[]>,
    present: ReadonlyMap<string, VersionedAlert>,
  ): Promise<readonly Alert[]> => {
    const written = await options.write(
      answers.flatMap((answer): readonly AlertWrite[] => {
        const id = answer.sent.alert_id;
        const versioned = present.get(id);
        const all = [answer, ...(along.get(id) ?? [])];
        return versioned === undefined
          ? []
          : [{ versioned, apply: (alert) => acknowledge(all, alert, options.now()) }];
      }),
    );
    for (const { sent, receipt } of answers) {
      turns.answered(sent.alert_id, receipt);
      if (receipt.againAtMs === undefined) waiting = Math.max(0, waiting - 1);
    }
    for (const alert of written) options.onAlert(alert);
    return written;
  };
  /** Sends a page of alerts and writes the answers. */
  const work = async (
    alerts: readonly Alert[],
    read: () => Promise<ReadonlyMap<string, VersionedAlert>>,
  ): Promise<void> => {
    const written = await during(alerts, true, async (company) => {
      const along = sendAlong(company);
      const sent = await sendPage(sender, alerts);
      hasFailed ||= sent.hasFailed;
      // What cannot be written is asked again in the next pass: the other side is idempotent.
      return sent.answers.length === 0 ? [] : writeAnswers(sent.answers, await along, await read());
    });
    options.onAnswered(written);
  };

  /** False when nothing of it can be worked on at present. */
  const workInHand = async (): Promise<boolean> => {
    const due: { readonly alert: Alert; readonly urgency: Urgency }[] = [];
    for (const [id, alert] of inHand) {
      if (underWay.has(id)) continue;
      if (turns.isTurn(id, waitsFor(alert))) due.push({ alert, urgency: urgencyOf(alert) });
      // It comes again with the lane before it, or when its pause is over.
      else inHand.delete(id);
    }
    const page = due
      .toSorted((a, b) => byUrgency(a.urgency, b.urgency))
      .slice(0, PAGE)
      .map(({ alert }) => alert);
    for (const { alert_id: id } of page) inHand.delete(id);
    if (page.length > 0) await work(page, () => options.stored.read(page));
    return page.length > 0;
  };
  /** One pass over what waits, a page after the other while that helps. Whether there is more. */
  const passOver = async (): Promise<boolean> => {
    const found = await store.waitingAlerts({ lane: lane.name, size: MAX_WAITING });
    waiting = found.length;
    turns.holdOnly(found.map((one) => one.alertId));
    const due = found
      .filter((one) => !underWay.has(one.alertId) && turns.isTurn(one.alertId, one.waitsFor))
      .toSorted(byUrgency);
    const began = performance.now();
    for (let from = 0; from < due.length && !stopped; from += PAGE) {
      if (from > 0 && performance.now() - began > LIST_AGE_MS) return true;
      const ids = due.slice(from, from + PAGE).map((one) => one.alertId);
      const present = await readPresent(store, ids);
      const page = ids
        .flatMap((id) => present.get(id)?.alert ?? [])
        .filter((alert) => waitsFor(alert).includes(lane.name) && !underWay.has(alert.alert_id));
      if (page.length > 0) await work(page, async () => present);
      if (turns.isPaused()) return false;
    }
    return due.length > 0 && found.length === MAX_WAITING;
  };

  const flight = createSingleFlight(async () => {
    let isBroken = false;
    try {
      // Alerts that are handed over one by one come together.
      await Promise.resolve();
      for (let round = 0; round < MAX_ROUNDS && !stopped && !turns.isPaused(); round += 1) {
        const hasWorked = inHand.size > 0 && (await workInHand());
        if (!isSearchDue && !hasWorked) break;
        if (!isSearchDue || stopped || turns.isPaused()) continue;
        isSearchDue = false;
        isSearchDue = (await passOver()) || isSearchDue;
      }
    } catch (error) {
      isBroken = true;
      logger.warn({ err: error }, `${title} could not read what is waiting`);
    }
    if (hasFailed) options.onFailed();
    hasFailed = false;
    if (isBroken || inHand.size > 0 || turns.hasNext()) wakeLater();
  });
  const wakeLater = (): void => {
    if (stopped || timer !== undefined) return;
    const waitMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, turns.nextMs() - nowMs()));
    timer = setTimeout(() => {
      timer = undefined;
      search();
    }, waitMs);
    timer.unref();
  };
  const start = (): void => {
    // The work itself catches and logs; nothing can be rejected here.
    if (!stopped) void flight.run();
  };
  const search = (): void => {
    isSearchDue = true;
    start();
  };

  /** The alerts as written; undefined when it could not be asked. */
  const answerNow = async (
    alerts: readonly Alert[],
    stored: Promise<unknown>,
    company: readonly Lent[],
  ): Promise<readonly Alert[] | undefined> => {
    try {
      const [answers] = await Promise.all([sendTogether(lane, alerts), stored]);
      turns.reached();
      for (const answer of answers)
        if (answer.receipt.againAtMs === undefined)
          options.onAlert(acknowledge([answer], answer.sent, options.now()) ?? answer.sent);
      const present = await options.stored.read(answers.map(({ sent }) => sent));
      return await writeAnswers(answers, await sendAlong(company), present);
    } catch (error) {
      logger.warn(
        { err: error, alertId: alerts[0]?.alert_id, alerts: alerts.length },
        `${title} could not be asked at once; the outbox will`,
      );
      return undefined;
    }
  };
  const askNow = async (alerts: readonly Alert[], stored: Promise<unknown>): Promise<void> => {
    // A single alert is written at once: what is at hand comes after it.
    const goesAlong = alerts.length > 1;
    const written = await during(alerts, goesAlong, (company) =>
      answerNow(alerts, stored, company),
    );
    options.onAnswered(written ?? []);
    if (written === undefined) search();
    else start();
  };
  return {
    lane,
    take,
    renew,
    lend,
    start,
    search,
    sendNow: (given, stored) => {
      const alerts = given.filter((alert) => !underWay.has(alert.alert_id));
      if (stopped || alerts.length === 0) return;
      const answered = askNow(alerts, stored).finally(() => atOnce.delete(answered));
      atOnce.add(answered);
    },
    hadTurn: turns.hadTurn,
    isResting: () => atOnce.size === 0 && !flight.isRunning(),
    settled: async () => {
      await Promise.all(atOnce);
      await flight.settled();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
    waiting: () => waiting,
  };
}
