/**
 * The outbox. An alert waits in the store for every lane that has not acknowledged it, so nothing is lost
 * when a side restarts. Lanes run side by side, each in its own loop: a slow or dead one never delays
 * another. Only what answers from memory goes along with the lane before it, so that an alert is written
 * once for both.
 *
 * What a side has no room for at present goes on waiting and is sent again when it said, as often as it
 * takes.
 */
import { waitsFor, type Alert, type LimitListener } from '@mini-soc/model';
import type { AlertChange } from '@mini-soc/detect';
import type { Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import type { Lane } from './lane.ts';
import { createLaneLoop, type LaneLoop } from './run-lane.ts';
import { createStoredAlerts, type StoredAlerts } from './stored-alerts.ts';
import { createAnswerWriter } from './write-answers.ts';

export interface DispatchOptions {
  readonly store: Store;
  /** As lanes.ts lists them: one stands behind those it comes after. */
  readonly lanes: readonly Lane[];
  readonly now: () => Date;
  readonly logger: Logger;
  /** An alert as it is stored with an answer, or about to be. */
  readonly onAlert: (alert: Alert) => void;
  readonly onLimit: LimitListener;
}

export interface Dispatcher {
  /** Something may be waiting: work through it. What failed waits for its time. Never throws. */
  readonly kick: () => void;
  /**
   * Hands over alerts that are stored, new or changed: nobody searches for them, and those that were created
   * are not read either. Urgent lanes begin at once, the others with `flush`. Never throws.
   */
  readonly offer: (alerts: readonly Alert[], change?: AlertChange) => void;
  /** A cycle is over: lanes work through what they were handed. Never throws. */
  readonly flush: () => void;
  /**
   * Hands over new alerts while they are written; `stored` settles when they are, with what became of each.
   * Urgent lanes are asked before their turn; only when both are done are the answers reported. Never throws.
   */
  readonly sendNow: (alerts: readonly Alert[], stored: ReturnType<Store['createAlerts']>) => void;
  /** Resolves when all lanes rest. */
  readonly settled: () => Promise<void>;
  /** Ends after the present calls. */
  readonly stop: () => Promise<void>;
  /** Alerts that waited for the lane when it looked last. */
  readonly pending: (lane: string) => number;
}

export function createDispatcher(options: DispatchOptions): Dispatcher {
  const { lanes, store, now, logger, onAlert, onLimit } = options;
  const loops = new Map<string, LaneLoop>();
  const all = (): readonly LaneLoop[] => [...loops.values()];
  const stored = createStoredAlerts(store);
  const writeAnswers = createAnswerWriter(store);
  const write: typeof writeAnswers = async (answers) => {
    const written = await writeAnswers(answers);
    for (const loop of all()) loop.renew(written);
    return written;
  };
  for (const lane of lanes) {
    const followers = lanes.filter((other) => other.after?.includes(lane.name) === true);
    const following = (): readonly LaneLoop[] =>
      followers.flatMap((follower) => loops.get(follower.name) ?? []);
    loops.set(
      lane.name,
      createLaneLoop({
        lane,
        store,
        now,
        logger,
        onAlert,
        onLimit,
        company: () => following().filter((loop) => loop.lane.isAtHand === true),
        comesFirst: (name, alertId) => loops.get(name)?.hadTurn(alertId) === false,
        stored,
        write,
        onAnswered: (alerts) => {
          for (const loop of following()) if (handOver(loop, alerts)) loop.start();
        },
        onFailed: () => {
          for (const loop of following()) loop.search();
        },
      }),
    );
  }
  const settled = async (): Promise<void> => {
    do await Promise.all(all().map((loop) => loop.settled()));
    while (!all().every((loop) => loop.isResting()));
  };
  return {
    kick: () => {
      for (const loop of all()) loop.search();
    },
    offer: (alerts, change) => {
      if (change === 'created') stored.created(alerts);
      for (const loop of all())
        if (handOver(loop, alerts) && loop.lane.isUrgent === true) loop.start();
    },
    flush: () => {
      for (const loop of all()) loop.start();
    },
    sendNow: (alerts, creating) => {
      const storing = noteCreated(stored, alerts, creating);
      for (const loop of all())
        if (loop.lane.isUrgent === true) loop.sendNow(waitingFor(loop, alerts), storing);
      void offerWhenStored(
        all().filter((loop) => loop.lane.isUrgent !== true),
        alerts,
        storing,
      );
    },
    settled,
    stop: async () => {
      for (const loop of all()) loop.stop();
      await settled();
    },
    pending: (lane) => loops.get(lane)?.waiting() ?? 0,
  };
}

function waitingFor({ lane }: LaneLoop, alerts: readonly Alert[]): readonly Alert[] {
  return alerts.filter((alert) => waitsFor(alert).includes(lane.name));
}

async function noteCreated(
  stored: StoredAlerts,
  alerts: readonly Alert[],
  creating: ReturnType<Store['createAlerts']>,
): Promise<void> {
  const answers = await creating;
  stored.created(alerts.filter((_, index) => answers[index] === 'created'));
}

/** What could not be stored, the cycle finds and stores again. */
async function offerWhenStored(
  loops: readonly LaneLoop[],
  alerts: readonly Alert[],
  stored: Promise<unknown>,
): Promise<void> {
  try {
    await stored;
  } catch {
    return;
  }
  for (const loop of loops) if (handOver(loop, alerts)) loop.start();
}

/** Whether one of the alerts waits for the lane. */
function handOver(loop: LaneLoop, alerts: readonly Alert[]): boolean {
  const mine = waitingFor(loop, alerts);
  loop.take(mine);
  return mine.length > 0;
}
