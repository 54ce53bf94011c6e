/**
 * Episodes of one entity → alerts in the store: created once, then brought up to date. Two writers at
 * once are met by create-only ids and by versions: whoever comes second reads again and repeats. When
 * late events join two episodes, the alert that began first takes the others in.
 */
import { LIMITS, StoreError, type Alert } from '@mini-soc/model';
import { entityKey, type Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Store, VersionedAlert } from '@mini-soc/store';
import {
  buildAlert,
  closeMerged,
  noteFollower,
  updateAlert,
  type AlertContext,
  type LanesFor,
} from './build-alert.ts';
import { changeAlerts, readPresent, type AlertWrite } from './change-alert.ts';
import { groupByEntity } from '../cycle/collect-work.ts';
import type { Episode } from '../evaluate/episode.ts';
import { createPause } from '../let-others-run.ts';
import { findSessionAddress, type SessionAddress } from './find-session-address.ts';

export type AlertChange = 'created' | 'updated';

export interface EpisodeWriter {
  readonly store: Store;
  readonly rule: Rule;
  readonly latenessMs: number;
  readonly now: () => Date;
  readonly lanesFor: LanesFor;
  readonly onAlert: (alert: Alert, change: AlertChange) => void;
}

/** What came out for one entity. */
export interface EntityEpisodes {
  readonly entity: Entity;
  readonly episodes: readonly Episode[];
  /** Alerts of the entity that the episodes may concern. */
  readonly alerts: readonly VersionedAlert[];
}

/** Many entities in few requests. Throws StoreError; retryable when other writers kept being faster. */
export async function storeEpisodes(
  writer: EpisodeWriter,
  outcomes: readonly EntityEpisodes[],
): Promise<void> {
  const fresh: { entity: Entity; episode: Episode }[] = [];
  const writes: AlertWrite[] = [];
  for (const { entity, episodes, alerts } of outcomes) {
    for (const episode of episodes) {
      const touched = alerts.filter(({ alert }) => touches(alert, episode)).toSorted(byStart);
      const [first, ...others] = touched;
      if (first === undefined) fresh.push({ entity, episode });
      else {
        writes.push(refreshing(writer, first, entity, episode));
        for (const other of others) writes.push(merging(writer, other, first.alert.alert_id));
      }
    }
  }
  writes.push(...(await createAlerts(writer, fresh)));
  await write(writer, writes);
}

/**
 * Of alerts of one rule and entity whose episodes overlap, all but the first are merged: two writers
 * that saw different events may have created both.
 */
export async function mergeOverlapping(
  writer: EpisodeWriter,
  alerts: readonly VersionedAlert[],
): Promise<void> {
  let kept: VersionedAlert | undefined;
  const writes: AlertWrite[] = [];
  for (const versioned of alerts.toSorted(byStart)) {
    if (kept !== undefined && versioned.alert.first_seen <= kept.alert.last_seen)
      writes.push(merging(writer, versioned, kept.alert.alert_id));
    else kept = versioned;
  }
  await write(writer, writes);
}

/** The alert of an episode nobody has seen before; nothing is written. Throws StoreError. */
export async function newAlert(
  writer: Omit<EpisodeWriter, 'onAlert'>,
  entity: Entity,
  episode: Episode,
): Promise<Alert> {
  return buildAlert(await contextOf(writer, entity, episode, undefined));
}

/** Creates the alerts; those that exist already are returned as changes. */
async function createAlerts(
  writer: EpisodeWriter,
  fresh: readonly { readonly entity: Entity; readonly episode: Episode }[],
): Promise<readonly AlertWrite[]> {
  if (fresh.length === 0) return [];
  const built: Alert[] = [];
  const pause = createPause(10);
  for (const { entity, episode } of fresh) {
    built.push(await newAlert(writer, entity, episode));
    await pause();
  }
  const answers = await writer.store.createAlerts(built);
  const existing = new Map<string, { entity: Entity; episode: Episode }>();
  built.forEach((alert, index) => {
    if (answers[index] === 'created') writer.onAlert(alert, 'created');
    else existing.set(alert.alert_id, fresh[index] as { entity: Entity; episode: Episode });
  });
  await linkFollowers(
    writer,
    built.filter((_, index) => answers[index] === 'created'),
  );
  if (existing.size === 0) return [];
  const present = await writer.store.readAlerts([...existing.keys()]);
  const [missing] = [...existing.keys()].filter(
    (id) => !present.some(({ alert }) => alert.alert_id === id),
  );
  if (missing !== undefined)
    throw new StoreError('ALERT_UNREADABLE', `Cannot read alert ${missing} that exists`, {
      retryable: true,
    });
  return present.flatMap((versioned) => {
    const found = existing.get(versioned.alert.alert_id);
    return found === undefined ? [] : [refreshing(writer, versioned, found.entity, found.episode)];
  });
}

/** How long after an alert another one still counts as what followed. */
const FOLLOW_MS = 3_600_000;
const MAX_RELATED = LIMITS.related_alerts.value;

/**
 * What followed: of two alerts of different rules and one entity within an hour, the earlier one names
 * the later. Each new alert looks both ways, so it does not matter which was written first. The created
 * ones are of the writer's rule.
 */
export async function linkFollowers(
  writer: EpisodeWriter,
  created: readonly Alert[],
): Promise<void> {
  if (created.length === 0) return;
  const starts = created.map((alert) => Date.parse(alert.first_seen));
  const found = await writer.store.searchAlerts({
    exceptRuleId: writer.rule.id,
    entities: created.map((alert) => alert.entity),
    touching: { fromMs: Math.min(...starts) - FOLLOW_MS, toMs: Math.max(...starts) + FOLLOW_MS },
    size: MAX_RELATED,
  });
  const related = groupByEntity(
    found.filter(({ alert }) => alert.details.merged_into === undefined),
  );
  const pairs = created.flatMap((alert) =>
    (related.get(entityKey(alert.entity)) ?? []).map((other) => ({ alert, other })),
  );
  const followed = pairs.filter(({ alert, other }) => follows(other.alert, alert));
  const present = await readPresent(
    writer.store,
    followed.map(({ alert }) => alert.alert_id),
  );
  const writes: AlertWrite[] = [];
  for (const { alert, other } of pairs) {
    const own = present.get(alert.alert_id);
    if (follows(alert, other.alert)) writes.push(following(writer, other, alert));
    else if (own !== undefined && follows(other.alert, alert))
      writes.push(following(writer, own, other.alert));
  }
  await write(writer, writes);
}

function follows(later: Alert, earlier: Alert): boolean {
  const gapMs = Date.parse(later.first_seen) - Date.parse(earlier.last_seen);
  return later.first_seen >= earlier.first_seen && gapMs <= FOLLOW_MS;
}

function following(writer: EpisodeWriter, versioned: VersionedAlert, follower: Alert): AlertWrite {
  return {
    versioned,
    apply: (alert) => noteFollower(alert, follower, writer.now()),
  };
}

function refreshing(
  writer: EpisodeWriter,
  versioned: VersionedAlert,
  entity: Entity,
  episode: Episode,
): AlertWrite {
  return {
    versioned,
    apply: async (alert) => updateAlert(alert, await contextOf(writer, entity, episode, alert)),
  };
}

function merging(writer: EpisodeWriter, versioned: VersionedAlert, into: string): AlertWrite {
  return {
    versioned,
    apply: (alert) =>
      alert.details.merged_into === undefined ? closeMerged(alert, into, writer.now()) : undefined,
  };
}

async function write(writer: EpisodeWriter, writes: readonly AlertWrite[]): Promise<void> {
  if (writes.length === 0) return;
  for (const changed of await changeAlerts(writer.store, writes))
    if (changed !== undefined) writer.onAlert(changed, 'updated');
}

async function contextOf(
  writer: Omit<EpisodeWriter, 'onAlert'>,
  entity: Entity,
  episode: Episode,
  alert: Alert | undefined,
): Promise<AlertContext> {
  return {
    rule: writer.rule,
    entity,
    episode,
    now: writer.now(),
    latenessMs: writer.latenessMs,
    session: await sessionOf(writer, entity, episode, alert),
    lanesFor: writer.lanesFor,
  };
}

/** The address of the session behind events that name none; what the alert already says stays. */
async function sessionOf(
  writer: Omit<EpisodeWriter, 'onAlert'>,
  entity: Entity,
  episode: Episode,
  alert: Alert | undefined,
): Promise<SessionAddress | undefined> {
  if (entity['source_ip'] !== undefined || episode.sources.names.length > 0) return undefined;
  if (alert?.source_ip !== undefined && alert.details.source_ip_origin !== undefined)
    return { sourceIp: alert.source_ip, origin: alert.details.source_ip_origin };
  const username = entity['username'] ?? episode.usernames.only;
  const hostname = entity['hostname'] ?? episode.hostnames.only;
  if (username === undefined || hostname === undefined) return undefined;
  return findSessionAddress(writer.store, username, hostname, episode.startMs);
}

/** Whether the alert is of this episode. */
export function touches(alert: Alert, episode: Episode): boolean {
  return (
    Date.parse(alert.first_seen) <= episode.lastMs && Date.parse(alert.last_seen) >= episode.startMs
  );
}

function byStart(a: VersionedAlert, b: VersionedAlert): number {
  return (
    Date.parse(a.alert.first_seen) - Date.parse(b.alert.first_seen) ||
    (a.alert.alert_id < b.alert.alert_id ? -1 : 1)
  );
}
