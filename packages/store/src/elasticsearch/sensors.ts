/**
 * Sensors that write to Elasticsearch themselves, each as a user of its own. The server says who was signed in: an
 * ingest pipeline that is the last of every index of events, so that no request leaves it out, writes user and hosts
 * under `shipped_by`, over whatever the sensor wrote there. Where the set-up has made no such pipeline (security is
 * off) everything is as it was.
 *
 * A sensor makes no index: the days it may write to are made for it, and there are no others.
 */
import { eventSchema, LIMITS, type SocEvent } from '@mini-soc/model';
import type { Connection } from './connection.ts';
import { dayOfTime, type IndexNames } from './indices.ts';
import type { Hit } from './search.ts';

/** What the names of sensors' users begin with. */
export const SENSOR_USER = 'soc_sensor_';

/** An event as it stands in an index of events. */
export type StoredEvent = SocEvent & {
  readonly shipped_by?: {
    readonly username?: string;
    readonly metadata?: { readonly hosts?: readonly string[] };
  };
};

const ACTION = 'prepare the indices for sensors';
const DAY_MS = 86_400_000;

/**
 * The event of a hit. Of a sensor it has the sensor's name; of a host that is not one of its own it is flagged as such;
 * what it says in a form that no event has is left out. Undefined when nothing is left that is an event.
 */
export function eventOf({ _source: source }: Hit<StoredEvent>): SocEvent | undefined {
  if (source.shipped_by === undefined && source.sensor === undefined) return source;
  const { shipped_by: by, sensor: _claimed, ...event } = source;
  if (by?.username?.startsWith(SENSOR_USER) !== true) return event;
  const wellFormed = withoutFaults(event);
  if (wellFormed === undefined) return undefined;
  const sensor = by.username.slice(SENSOR_USER.length);
  const hosts = by.metadata?.hosts ?? [sensor];
  // Only the product's own shipper reads the folder of the self-test.
  const flags = (wellFormed.flags ?? []).filter((flag) => flag !== 'self_test');
  if (!isOwnHost(event.hostname, hosts) && !flags.includes('other_host')) flags.push('other_host');
  const { flags: _, ...rest } = wellFormed;
  return { ...rest, sensor, ...(flags.length === 0 ? {} : { flags }) };
}

export function eventsOf(hits: readonly Hit<StoredEvent>[]): readonly SocEvent[] {
  return hits.flatMap((hit) => eventOf(hit) ?? []);
}

/** A name without a dot is the first label of a longer one. */
function isOwnHost(hostname: string | undefined, hosts: readonly string[]): boolean {
  if (hostname === undefined) return true;
  const name = hostname.toLowerCase();
  return hosts.some(
    (host) => name === host || (!host.includes('.') && name.startsWith(`${host}.`)),
  );
}

/** Whoever writes documents himself writes what he likes: what is of another form would stop who reads it. */
function withoutFaults(event: SocEvent): SocEvent | undefined {
  const whole = eventSchema.safeParse(event);
  if (whole.success) return whole.data;
  const bad = new Set(
    whole.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0
        ? issue.keys
        : issue.path.slice(0, 1).map(String),
    ),
  );
  const rest = Object.fromEntries(Object.entries(event).filter(([name]) => !bad.has(name)));
  const again = eventSchema.safeParse(rest);
  return again.success ? again.data : undefined;
}

/**
 * Whether the set-up has made the pipeline; without the right to look there is none for us. Days that exist run through
 * it from now on, or no more where it is gone.
 */
export async function prepareSensors(connection: Connection, names: IndexNames): Promise<boolean> {
  const found = await connection.sendOnce<Readonly<Record<string, unknown>>>({
    action: ACTION,
    method: 'GET',
    path: `/_ingest/pipeline/${names.pipeline}`,
    // 400: a server that knows no pipelines.
    expected: [400, 403, 404],
  });
  const isThere = found[names.pipeline] !== undefined;
  await sendDaysThrough(connection, names, isThere ? names.pipeline : undefined);
  return isThere;
}

/** Settings of the indices of events: what the pipeline writes nobody can take back. */
export function settingsForSensors(
  names: IndexNames,
  isThere: boolean,
): Readonly<Record<string, unknown>> {
  return isThere ? { final_pipeline: names.pipeline } : {};
}

async function sendDaysThrough(
  connection: Connection,
  names: IndexNames,
  wanted: string | undefined,
): Promise<void> {
  const found = await connection.sendOnce<
    Readonly<Record<string, { readonly settings?: Readonly<Record<string, unknown>> }>>
  >({
    action: ACTION,
    method: 'GET',
    // The uuid is there so that indices without a pipeline are listed too.
    path: `/${names.events}/_settings/index.uuid,index.final_pipeline`,
    query: { flat_settings: true },
  });
  for (const [index, { settings }] of Object.entries(found)) {
    const present = settings?.['index.final_pipeline'];
    // A pipeline of somebody else stays.
    const isOurs = present === undefined || present === names.pipeline;
    if (settings === undefined || !isOurs || present === wanted) continue;
    await connection.sendOnce({
      action: ACTION,
      method: 'PUT',
      path: `/${index}/_settings`,
      query: { ignore_unavailable: true },
      body: { index: { final_pipeline: wanted ?? null } },
    });
  }
}

/** Makes the days that sensors may write to: as far back as events are kept, and some ahead. Idempotent. */
export async function makeDays(
  connection: Connection,
  names: IndexNames,
  keptFromMs: number,
  now: Date,
): Promise<void> {
  const present = await connection.sendOnce<Readonly<Record<string, unknown>>>({
    action: ACTION,
    method: 'GET',
    path: `/${names.events}/_settings/index.uuid`,
  });
  const today = Math.floor(now.getTime() / DAY_MS);
  // Today's first: a sensor may wait for it.
  for (let back = 0; back <= LIMITS.sensor_days_back.value; back += 1) await make(today - back);
  for (let ahead = 1; ahead <= LIMITS.sensor_days_ahead.value; ahead += 1)
    await make(today + ahead);

  async function make(day: number): Promise<void> {
    const index = names.eventsOn(dayOfTime(day * DAY_MS));
    if ((day + 1) * DAY_MS <= keptFromMs || present[index] !== undefined) return;
    // 400: another process has made it.
    await connection.sendOnce({
      action: ACTION,
      method: 'PUT',
      path: `/${index}`,
      expected: [400],
    });
  }
}
