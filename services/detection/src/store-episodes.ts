/**
 * Episodes of one entity → alerts in the store: created once, then brought up to date. Two writers at
 * once are met by create-only ids and by versions: whoever comes second reads again and repeats. When
 * late events join two episodes, the alert that began first takes the others in.
 */
import { StoreError, type Alert } from '@mini-soc/model';
import type { Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Store, VersionedAlert } from '@mini-soc/store';
import {
  alertIdOf,
  buildAlert,
  closeMerged,
  updateAlert,
  type AlertContext,
} from './build-alert.ts';
import { changeAlert } from './change-alert.ts';
import type { Episode } from './episode.ts';
import { findSessionAddress, type SessionAddress } from './find-session-address.ts';

export type AlertChange = 'created' | 'updated';

export interface EpisodeWriter {
  readonly store: Store;
  readonly rule: Rule;
  readonly latenessMs: number;
  readonly now: () => Date;
  readonly onAlert: (alert: Alert, change: AlertChange) => void;
}

/** Throws StoreError; retryable when other writers kept being faster. */
export async function storeEpisodes(
  writer: EpisodeWriter,
  entity: Entity,
  episodes: readonly Episode[],
  alerts: readonly VersionedAlert[],
): Promise<void> {
  for (const episode of episodes) {
    const touched = alerts.filter(({ alert }) => touches(alert, episode)).toSorted(byStart);
    const [first, ...others] = touched;
    if (first === undefined) await createAlert(writer, entity, episode);
    else {
      await change(writer, first, (alert) => refresh(writer, alert, entity, episode));
      for (const other of others) await mergeInto(writer, other, first.alert.alert_id);
    }
  }
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
  for (const versioned of alerts.toSorted(byStart)) {
    if (kept !== undefined && versioned.alert.first_seen <= kept.alert.last_seen)
      await mergeInto(writer, versioned, kept.alert.alert_id);
    else kept = versioned;
  }
}

async function createAlert(writer: EpisodeWriter, entity: Entity, episode: Episode): Promise<void> {
  const context = await contextOf(writer, entity, episode, undefined);
  const alert = buildAlert(context);
  if ((await writer.store.createAlert(alert)) === 'created') {
    writer.onAlert(alert, 'created');
    return;
  }
  const present = await writer.store.readAlert(alertIdOf(writer.rule.id, entity, episode.startMs));
  if (present === undefined)
    throw new StoreError('ALERT_UNREADABLE', `Cannot read alert ${alert.alert_id} that exists`, {
      retryable: true,
    });
  await change(writer, present, (now) => refresh(writer, now, entity, episode));
}

async function refresh(
  writer: EpisodeWriter,
  alert: Alert,
  entity: Entity,
  episode: Episode,
): Promise<Alert | undefined> {
  return updateAlert(alert, await contextOf(writer, entity, episode, alert));
}

function mergeInto(writer: EpisodeWriter, other: VersionedAlert, into: string): Promise<void> {
  return change(writer, other, async (alert) =>
    alert.details.merged_into === undefined ? closeMerged(alert, into, writer.now()) : undefined,
  );
}

async function change(
  writer: EpisodeWriter,
  versioned: VersionedAlert,
  apply: (alert: Alert) => Promise<Alert | undefined>,
): Promise<void> {
  const changed = await changeAlert(writer.store, versioned, apply);
  if (changed !== undefined) writer.onAlert(changed, 'updated');
}

async function contextOf(
  writer: EpisodeWriter,
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
  };
}

/** The address of the session behind events that name none; what the alert already says stays. */
async function sessionOf(
  writer: EpisodeWriter,
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

function touches(alert: Alert, episode: Episode): boolean {
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
