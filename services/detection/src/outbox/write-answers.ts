/** Writes what lanes answered into the alerts. */
import type { Alert } from '@mini-soc/model';
import { changeAlerts, readPresent, type AlertWrite } from '@mini-soc/detect';
import type { Store } from '@mini-soc/store';

/** Replaced versions that are remembered, so long as two lanes may meet. */
const REMEMBERED = 500;

/**
 * Writes the answers of all lanes, one batch after the other; resolves with the alerts as written. Lanes
 * read a new alert at the same time: the answer that comes second would be refused for its version, so
 * it reads again at once.
 */
export function createAnswerWriter(
  store: Store,
): (answers: readonly AlertWrite[]) => Promise<readonly Alert[]> {
  /** The version that our last write of an alert took the place of. */
  const replaced = new Map<string, string>();
  let last: Promise<unknown> = Promise.resolve();
  const isStale = ({ versioned: { alert, version } }: AlertWrite) =>
    replaced.get(alert.alert_id) === version;
  const writeNow = async (answers: readonly AlertWrite[]): Promise<readonly Alert[]> => {
    const stale = answers.filter(isStale).map(({ versioned }) => versioned.alert.alert_id);
    const present = await readPresent(store, stale);
    const current = answers.map((answer) => {
      const versioned = present.get(answer.versioned.alert.alert_id);
      return versioned === undefined ? answer : { ...answer, versioned };
    });
    const written = await changeAlerts(store, current);
    if (replaced.size > REMEMBERED) replaced.clear();
    for (const { versioned } of current) replaced.set(versioned.alert.alert_id, versioned.version);
    return written.filter((alert) => alert !== undefined);
  };
  return (answers) => {
    const turn = last.then(() => writeNow(answers));
    last = turn.catch(() => undefined);
    return turn;
  };
}
