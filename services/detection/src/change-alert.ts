/** Changing an alert that others may change at the same time. */
import { StoreError, type Alert } from '@mini-soc/model';
import type { Store, VersionedAlert } from '@mini-soc/store';

const MAX_ATTEMPTS = 8;

/**
 * Applies a change to the alert as it is when it is written: read again and repeated when somebody
 * else was faster. Returns the alert as written, or undefined when the change said undefined or the
 * alert is gone. Throws StoreError, retryable, when others kept being faster.
 */
export async function changeAlert(
  store: Store,
  versioned: VersionedAlert,
  apply: (alert: Alert) => Promise<Alert | undefined> | Alert | undefined,
): Promise<Alert | undefined> {
  const id = versioned.alert.alert_id;
  let present: VersionedAlert | undefined = versioned;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (present === undefined) return undefined;
    const changed = await apply(present.alert);
    if (changed === undefined) return undefined;
    if ((await store.updateAlert(changed, present.version)) === 'updated') return changed;
    present = await store.readAlert(id);
  }
  throw new StoreError(
    'ALERT_CONTENDED',
    `Cannot update alert ${id}: others changed it ${MAX_ATTEMPTS} times meanwhile`,
    { retryable: true },
  );
}
