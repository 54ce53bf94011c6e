/** An episode of an entity → the alert document, new or brought up to date. */
import { createHash } from 'node:crypto';
import { compareSeverity, LIMITS, waitsFor, withWaiting, type Alert } from '@mini-soc/model';
import { entityKey, type Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import { describeAlert } from './describe-alert.ts';
import type { Episode } from '../evaluate/episode.ts';
import { carriesBlock, firmOf, proofOf, thresholdOf } from '../evaluate/proof.ts';
import type { SessionAddress } from './find-session-address.ts';
import { followPoints, riskOfAlert } from './risk-score.ts';

/**
 * Names of the lanes of the outbox that want the alert; with `before`, of those that want it anew after
 * this change.
 */
export type LanesFor = (alert: Alert, before?: Alert) => readonly string[];

export interface AlertContext {
  readonly rule: Rule;
  readonly entity: Entity;
  readonly episode: Episode;
  readonly now: Date;
  readonly latenessMs: number;
  /** Address of the user's session, for evidence that names no address. */
  readonly session: SessionAddress | undefined;
  readonly lanesFor: LanesFor;
}

/** Equal for equal rule, entity and start, whoever computes it: writing an alert twice is writing it once. */
export function alertIdOf(ruleId: string, entity: Entity, startMs: number): string {
  return createHash('sha256')
    .update(JSON.stringify([ruleId, entityKey(entity), startMs]))
    .digest('hex')
    .slice(0, 32);
}

/** The alert of an episode nobody has seen before. */
export function buildAlert(context: AlertContext): Alert {
  const { rule, entity, episode, now } = context;
  const nowText = now.toISOString();
  const described = describeEpisode(context);
  const alert: Alert = {
    '@timestamp': nowText,
    alert_id: alertIdOf(rule.id, entity, episode.startMs),
    rule_id: rule.id,
    rule_name: rule.name,
    entity,
    ...described,
    risk_score: riskOfAlert(described, rule.query.measure),
    updated_at: nowText,
    status: episode.isSelfTest ? 'closed' : 'open',
    ...(episode.isSelfTest ? { self_test: true } : {}),
    late: isLate(context, episode.lastMs),
    enriched: false,
    response: { state: 'pending' },
  };
  return withWaiting(alert, context.lanesFor(alert));
}

/**
 * The alert brought up to date with an episode that covers it; undefined when nothing changed. Counts
 * and severity never fall: where the store has forgotten events, what the alert already says stays.
 */
export function updateAlert(alert: Alert, context: AlertContext): Alert | undefined {
  const { episode, now } = context;
  const firstMs = Math.min(Date.parse(alert.first_seen), episode.startMs);
  const lastMs = Math.max(Date.parse(alert.last_seen), episode.lastMs);
  const isFuller = episode.eventCount >= alert.event_count;
  // Somebody else's events make an attack of it.
  const isRealNow = alert.self_test === true && !episode.isSelfTest;
  const gainsAddress = alert.source_ip === undefined && context.session !== undefined;
  if (
    !gainsAddress &&
    !isRealNow &&
    episode.eventCount <= alert.event_count &&
    firstMs === Date.parse(alert.first_seen) &&
    lastMs === Date.parse(alert.last_seen) &&
    (!isFuller || compareSeverity(episode.severity, alert.severity) <= 0)
  )
    return undefined;
  const eventCount = Math.max(alert.event_count, episode.eventCount);
  const fresh = isFuller || gainsAddress ? describeEpisode(context) : undefined;
  const isMilder = fresh === undefined || compareSeverity(fresh.severity, alert.severity) < 0;
  const severity = isMilder ? alert.severity : fresh.severity;
  const renewed = {
    ...(fresh === undefined ? alert : withEpisode(alert, fresh, isMilder)),
    severity,
    event_count: eventCount,
  };
  const changed: Alert = {
    ...renewed,
    risk_score: riskOfAlert(renewed, context.rule.query.measure),
    first_seen: new Date(firstMs).toISOString(),
    last_seen: new Date(lastMs).toISOString(),
    updated_at: now.toISOString(),
    late: alert.late && isLate(context, lastMs),
    ...(isRealNow ? { self_test: false, status: 'open' } : {}),
  };
  return withWaiting(changed, [...waitsFor(alert), ...context.lanesFor(changed, alert)]);
}

/** A user or host that is no longer the only one goes; enrichment, and history of a higher severity, stay. */
function withEpisode(alert: Alert, fresh: EpisodeFields, keepsHistory: boolean): Alert {
  const { source_ip: _address, username: _user, hostname: _host, ...rest } = alert;
  return {
    ...rest,
    ...fresh,
    details: {
      ...enrichmentOf(alert),
      ...(alert.details.followed_by === undefined
        ? {}
        : { followed_by: alert.details.followed_by }),
      ...fresh.details,
      ...(keepsHistory ? { history: alert.details.history } : {}),
    },
  };
}

/** Most rules that are named as what followed. */
const MAX_FOLLOWERS = LIMITS.alert_followers.value;

/** The alert after another rule fired for the same entity; undefined when that is known already. */
export function noteFollower(alert: Alert, follower: Alert, now: Date): Alert | undefined {
  const known = alert.details.followed_by ?? [];
  if (known.includes(follower.rule_name) || known.length >= MAX_FOLLOWERS) return undefined;
  const gain = followPoints(known.length + 1) - followPoints(known.length);
  return {
    ...alert,
    updated_at: now.toISOString(),
    risk_score: alert.risk_score + gain,
    details: { ...alert.details, followed_by: [...known, follower.rule_name] },
  };
}

/** The alert that another one took in: closed, and out of the outbox. */
export function closeMerged(alert: Alert, into: string, now: Date): Alert {
  const merged: Alert = {
    ...alert,
    status: 'closed',
    updated_at: now.toISOString(),
    response:
      alert.response.state === 'pending'
        ? { ...alert.response, state: 'refused', reason: `Part of alert ${into}` }
        : alert.response,
    details: { ...alert.details, merged_into: into },
  };
  return withWaiting(merged, []);
}

function isLate(context: AlertContext, lastMs: number): boolean {
  return context.now.getTime() - lastMs > context.latenessMs;
}

type EpisodeFields = Pick<
  Alert,
  | 'source_ip'
  | 'username'
  | 'hostname'
  | 'severity'
  | 'event_count'
  | 'first_seen'
  | 'last_seen'
  | 'details'
>;

function describeEpisode(context: AlertContext): EpisodeFields {
  const { rule, entity, episode, session } = context;
  const threshold = thresholdOf(rule.query.measure);
  const ownAddress = entity['source_ip'] ?? episode.sources.only;
  const sourceIp = ownAddress ?? session?.sourceIp;
  const username = entity['username'] ?? episode.usernames.only;
  const hostname = entity['hostname'] ?? episode.hostnames.only;
  const tags = rule.members
    .filter((member) => episode.members.includes(member.name))
    .flatMap((member) => member.tags);
  return {
    ...(sourceIp === undefined ? {} : { source_ip: sourceIp }),
    ...(username === undefined ? {} : { username }),
    ...(hostname === undefined ? {} : { hostname }),
    severity: episode.severity,
    event_count: episode.eventCount,
    first_seen: new Date(episode.startMs).toISOString(),
    last_seen: new Date(episode.lastMs).toISOString(),
    details: {
      summary: describeAlert(rule, entity, episode, sourceIp),
      window_seconds: rule.query.windowMs / 1000,
      threshold,
      peak_count: episode.peak,
      evidence: episode.evidence.map((sample) => ({
        event_id: sample.event_id,
        '@timestamp': sample['@timestamp'] ?? new Date(sample.ms).toISOString(),
        message: sample.message ?? '',
      })),
      history: episode.history.map((step) => ({
        at: new Date(step.atMs).toISOString(),
        severity: step.severity,
        event_count: step.eventCount,
      })),
      ...namesUnless('usernames', episode.usernames.names),
      ...namesUnless('hostnames', episode.hostnames.names),
      ...namesUnless('commands', episode.commands.names),
      ...(episode.sources.names.length < 2 ? {} : namesUnless('source_ips', episode.sources.names)),
      ...(ownAddress === undefined && session !== undefined
        ? { source_ip_origin: session.origin }
        : {}),
      rule_tags: [...new Set([...rule.tags, ...tags])],
      spoofable: rule.spoofable,
      ...provenPart(rule, episode),
    },
  };
}

/** What the evidence allows: of a rule that would block, a ticket where it carries no block. */
function provenPart(
  rule: Rule,
  episode: Episode,
): Pick<Alert['details'], 'allowed_action' | 'proven_events' | 'proof' | 'unproven_because'> {
  const proof = rule.response === 'block' ? proofOf(rule, episode) : undefined;
  return {
    allowed_action:
      rule.response === 'block' && !carriesBlock(rule, episode) ? 'ticket' : rule.response,
    proven_events: firmOf(rule, episode).trusted,
    ...(proof === undefined ? {} : { proof }),
    ...(episode.against.length === 0 ? {} : { unproven_because: [...episode.against] }),
  };
}

function namesUnless<Key extends 'usernames' | 'hostnames' | 'commands' | 'source_ips'>(
  key: Key,
  names: readonly string[],
): Partial<Record<Key, string[]>> {
  return names.length === 0 ? {} : ({ [key]: [...names] } as Record<Key, string[]>);
}

function enrichmentOf(alert: Alert): Partial<Alert['details']> {
  const { mitre_techniques, mitre_tactics, mitre_urls, threat_confidence, threat_summary } =
    alert.details;
  if (!alert.enriched) return {};
  return {
    ...(mitre_techniques === undefined ? {} : { mitre_techniques }),
    ...(mitre_tactics === undefined ? {} : { mitre_tactics }),
    ...(mitre_urls === undefined ? {} : { mitre_urls }),
    ...(threat_confidence === undefined ? {} : { threat_confidence }),
    ...(threat_summary === undefined ? {} : { threat_summary }),
  };
}
