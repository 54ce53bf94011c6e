/**
 * Index lifecycle management (ILM): the server itself deletes days of events, also while none of our
 * processes runs. It is the net under retain(), not its replacement: it deletes whole days only, counts
 * nothing, and some servers lack it or do not allow it to us. So its policy waits a day longer.
 */
import { UsageError } from '@mini-soc/model';
import type { Lifecycle } from '../store.ts';
import type { Connection } from './connection.ts';
import { refusalOf } from './describe-failure.ts';
import { prepareIndices, type IndexNames, type Prepared } from './indices.ts';

const ACTION = 'set the lifecycle of the indices';
const DAY_MS = 86_400_000;
/** Elasticsearch counts time in nanoseconds: 106,751 days are the most it can say. */
const SAYABLE_DAYS = 100_000;
/** So many names of the longest prefix still make an address of less than 4 KiB. */
const INDICES_A_REQUEST = 40;
/**
 * Unknown path: 400 of Elasticsearch and OpenSearch, 404 or 405 of what stands between; no privilege: 403.
 * Everything else is a failure: a server that is overloaded may have ILM.
 */
const NOT_HERE: readonly number[] = [400, 403, 404, 405];

/**
 * Prepares the indices, those of events under a policy after `ageMs` where the server has such, and with further
 * settings. Idempotent.
 */
export async function prepareManaged(
  connection: Connection,
  names: IndexNames,
  ageMs: number,
  eventSettings: Readonly<Record<string, unknown>> = {},
): Promise<Prepared & { readonly lifecycle: Lifecycle }> {
  // The policy comes before the template that names it: a shipper may make an index at any time.
  const lifecycle = await writePolicy(connection, names, ageMs);
  const prepared = await prepareIndices(connection, names, {
    ...eventSettings,
    ...settingsUnder(lifecycle),
  });
  await manageExistingDays(connection, names, lifecycle);
  return { ...prepared, lifecycle };
}

/**
 * Writes the policy `names.policy`. A day is as old as the beginning of its name's day, so one day more
 * than `ageMs` passes until its last event is old enough, and another one leaves the deletion to retain().
 * Throws what the client throws for anything but a server without ILM.
 */
async function writePolicy(
  connection: Connection,
  names: IndexNames,
  ageMs: number,
): Promise<Lifecycle> {
  const deleteAfterDays = Math.min(Math.ceil(ageMs / DAY_MS) + 2, SAYABLE_DAYS);
  try {
    const { acknowledged } = await connection.sendOnce<{ readonly acknowledged?: unknown }>({
      action: ACTION,
      method: 'PUT',
      path: `/_ilm/policy/${names.policy}`,
      body: {
        policy: {
          _meta: { description: 'Written by mini-SOC at each start, from RETENTION_AGE' },
          phases: {
            hot: { min_age: '0ms', actions: {} },
            delete: { min_age: `${deleteAfterDays}d`, actions: { delete: {} } },
          },
        },
      },
    });
    if (acknowledged === true) return { kind: 'policy', name: names.policy, deleteAfterDays };
  } catch (cause) {
    const refusal = refusalOf(cause);
    if (refusal === undefined || !NOT_HERE.includes(refusal.status)) throw cause;
    return { kind: 'none', reason: refusal.reason };
  }
  throw new UsageError(
    `Cannot open Elasticsearch at "${connection.url}": it has not acknowledged the lifecycle policy ${names.policy} (see the health of the cluster)`,
    { retryable: true },
  );
}

/**
 * Settings of the indices that a policy manages. Their age is that of the day in their name: an index that
 * a clock ahead of time made too early would otherwise go too early.
 */
function settingsUnder(lifecycle: Lifecycle): Readonly<Record<string, unknown>> {
  return lifecycle.kind === 'none'
    ? {}
    : { lifecycle: { name: lifecycle.name, parse_origination_date: true } };
}

/**
 * Makes the days that exist follow the policy, unless somebody gave them one of their own. Without a
 * policy, days that still name ours are released: what it once said may be less than is to be kept now.
 */
async function manageExistingDays(
  connection: Connection,
  names: IndexNames,
  lifecycle: Lifecycle,
): Promise<void> {
  const found = await connection.sendOnce<
    Readonly<Record<string, { readonly settings: Readonly<Record<string, unknown>> }>>
  >({
    action: ACTION,
    method: 'GET',
    // The uuid is there so that indices without a policy are listed too.
    path: `/${names.events}/_settings/index.uuid,index.lifecycle.name`,
    query: { flat_settings: true },
  });
  const present = lifecycle.kind === 'none' ? names.policy : undefined;
  const days = Object.entries(found).flatMap(([index, { settings }]) =>
    names.isDay(index) && settings['index.lifecycle.name'] === present ? [index] : [],
  );
  const wanted =
    lifecycle.kind === 'none'
      ? { lifecycle: { name: null, parse_origination_date: null } }
      : settingsUnder(lifecycle);
  for (let from = 0; from < days.length; from += INDICES_A_REQUEST)
    await connection.sendOnce({
      action: ACTION,
      method: 'PUT',
      path: `/${days.slice(from, from + INDICES_A_REQUEST).join(',')}/_settings`,
      query: { ignore_unavailable: true },
      body: { index: wanted },
    });
}
