/** Changing alerts that others may change at the same time. */
import { StoreError, type Alert } from '@mini-soc/model';
import type { Store, VersionedAlert } from '@mini-soc/store';

const MAX_ATTEMPTS = 8;

export interface AlertWrite {
  /** The alert as it was read. */
  readonly versioned: VersionedAlert;
  /** The changed alert; undefined when nothing changes. Called again when somebody else was faster. */
  readonly apply: (alert: Alert) => Promise<Alert | undefined> | Alert | undefined;
}

/**
 * Applies each change to its alert as it is when it is written, many in one request. Returns, in
 * order, the alerts as written, and undefined where nothing changed or the alert is gone. Throws
 * StoreError, retryable, when others kept being faster.
 */
export async function changeAlerts(
  store: Store,
  writes: readonly AlertWrite[],
): Promise<readonly (Alert | undefined)[]> {
  const written: (Alert | undefined)[] = writes.map(() => undefined);
  let open = writes.map((write, index) => ({ index, write, versioned: write.versioned }));
  for (let attempt = 0; attempt < MAX_ATTEMPTS && open.length > 0; attempt += 1) {
    const wanted: { index: number; write: AlertWrite; changed: VersionedAlert }[] = [];
    for (const { index, write, versioned } of open) {
      const alert = await write.apply(versioned.alert);
      if (alert !== undefined)
        wanted.push({ index, write, changed: { alert, version: versioned.version } });
    }
    if (wanted.length === 0) return written;
    const answers = await store.updateAlerts(wanted.map(({ changed }) => changed));
    const refused = wanted.filter((_, position) => answers[position] !== 'updated');
    wanted.forEach(({ index, changed }, position) => {
      if (answers[position] === 'updated') written[index] = changed.alert;
    });
    if (refused.length === 0) return written;
    const present = await readPresent(
      store,
      refused.map(({ changed }) => changed.alert.alert_id),
    );
    open = refused.flatMap(({ index, write, changed }) => {
      const versioned = present.get(changed.alert.alert_id);
      return versioned === undefined ? [] : [{ index, write, versioned }];
    });
  }
  const [first] = open;
  if (first === undefined) return written;
  throw new StoreError(
    'ALERT_CONTENDED',
    `Cannot update alert ${first.versioned.alert.alert_id}: others changed it ${MAX_ATTEMPTS} times meanwhile`,
    { retryable: true },
  );
}

/** The alerts as they are now, by id; those that are gone are missing. */
export async function readPresent(
  store: Pick<Store, 'readAlerts'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, VersionedAlert>> {
  if (ids.length === 0) return new Map();
  const found = await store.readAlerts(ids);
  return new Map(found.map((versioned) => [versioned.alert.alert_id, versioned]));
}

/** changeAlerts() for one alert. */
export async function changeAlert(
  store: Store,
  versioned: VersionedAlert,
  apply: AlertWrite['apply'],
): Promise<Alert | undefined> {
  const [written] = await changeAlerts(store, [{ versioned, apply }]);
  return written;
}
