/**
 * Alerts as they are stored. To write an answer into an alert its version is needed; that of one that was
 * just created is known, so nobody reads back what he has in his hands: under mass the documents of all
 * alerts would be gone through for every page of answers.
 */
import type { Alert } from '@mini-soc/model';
import { readPresent } from '@mini-soc/detect';
import type { Store, VersionedAlert } from '@mini-soc/store';

export interface StoredAlerts {
  /** These were just created as they are here. Beware of those that were there already: they may say more. */
  readonly created: (alerts: readonly Alert[]) => void;
  /**
   * The alerts by id, as they are in the store; those that are gone are missing. What was created is given
   * as it was then: a write from a version that has been replaced is refused. Throws StoreError.
   */
  readonly read: (alerts: readonly Alert[]) => Promise<ReadonlyMap<string, VersionedAlert>>;
}

export function createStoredAlerts(
  store: Pick<Store, 'readAlerts' | 'firstVersion'>,
): StoredAlerts {
  const { firstVersion } = store;
  /** By identity: an alert that was changed is another object. */
  const fresh = new WeakSet<Alert>();
  return {
    created: (alerts) => {
      for (const alert of alerts) fresh.add(alert);
    },
    read: async (alerts) => {
      const known = new Map<string, VersionedAlert>();
      const unknown: string[] = [];
      for (const alert of alerts)
        if (firstVersion !== undefined && fresh.has(alert))
          known.set(alert.alert_id, { alert, version: firstVersion });
        else unknown.push(alert.alert_id);
      for (const [id, versioned] of await readPresent(store, unknown)) known.set(id, versioned);
      return known;
    },
  };
}
