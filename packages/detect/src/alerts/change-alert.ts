/** Changing alerts that others may change at the same time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError, type Alert } from '@mini-soc/model';
import type { Store, VersionedAlert } from '@mini-soc/store';

/** Every rule of a cycle may change one alert at the same time; of those who try, one succeeds each time. */
const MAX_ATTEMPTS = 100;
/** From so many attempts on, a pause, so that not all try again in step. */
const PATIENT_FROM = 3;
const LONGEST_PAUSE_MS = 20;

export interface AlertWrite {
  /** The alert as it was read. */
  readonly versioned: VersionedAlert;
  /** The changed alert; undefined when nothing changes. Called again when somebody else was faster. */
  readonly apply: (alert: Alert) => Promise<Alert | undefined> | Alert | undefined;
}

interface Open {
  readonly versioned: VersionedAlert;
  /** Writes of this alert, by their place among all. */
  readonly writes: readonly (readonly [index: number, write: AlertWrite])[];
}

/**
 * Applies each change to its alert as it is when it is written, many in one request; several changes of one
 * alert follow one another and are written once. Returns, in order, the alerts as written, and undefined where
 * nothing changed or the alert is gone. Throws StoreError, retryable, when others kept being faster.
 */
export async function changeAlerts(
  store: Store,
  writes: readonly AlertWrite[],
): Promise<readonly (Alert | undefined)[]> {
  const written: (Alert | undefined)[] = writes.map(() => undefined);
  let open = openOf(writes);
  for (let attempt = 0; attempt < MAX_ATTEMPTS && open.length > 0; attempt += 1) {
    const wanted: { one: Open; changed: VersionedAlert; indices: readonly number[] }[] = [];
    for (const one of open) {
      let alert = one.versioned.alert;
      const indices: number[] = [];
      for (const [index, write] of one.writes) {
        const next = await write.apply(alert);
        if (next === undefined) continue;
        alert = next;
        indices.push(index);
      }
      if (indices.length > 0)
        wanted.push({ one, changed: { alert, version: one.versioned.version }, indices });
    }
    if (wanted.length === 0) return written;
    const answers = await store.updateAlerts(wanted.map(({ changed }) => changed));
    const refused = wanted.filter((_, position) => answers[position] !== 'updated');
    wanted.forEach(({ changed, indices }, position) => {
      if (answers[position] !== 'updated') return;
      for (const index of indices) written[index] = changed.alert;
    });
    if (refused.length === 0) return written;
    if (attempt >= PATIENT_FROM)
      await sleep(Math.min(LONGEST_PAUSE_MS, Math.random() * 2 * attempt));
    const present = await readPresent(
      store,
      refused.map(({ changed }) => changed.alert.alert_id),
    );
    open = refused.flatMap(({ one, changed }) => {
      const versioned = present.get(changed.alert.alert_id);
      return versioned === undefined ? [] : [{ versioned, writes: one.writes }];
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

/** The writes by alert, in the order of the first of each. */
function openOf(writes: readonly AlertWrite[]): readonly Open[] {
  const byAlert = new Map<string, { versioned: VersionedAlert; writes: [number, AlertWrite][] }>();
  for (const [index, write] of writes.entries()) {
    const id = write.versioned.alert.alert_id;
    const known = byAlert.get(id);
    if (known === undefined)
      byAlert.set(id, { versioned: write.versioned, writes: [[index, write]] });
    else known.writes.push([index, write]);
  }
  return [...byAlert.values()];
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
