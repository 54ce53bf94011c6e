/** Alerts: created once by their id, changed only from the version that was read, always found. */
import { createHash } from 'node:crypto';
import { ENRICHMENT_LANE, RESPONSE_LANE, StoreError, type Alert } from '@mini-soc/model';
import { entityKey, type Entity } from '@mini-soc/query';
import { spanOfAlert, waitingOf } from '../alert-span.ts';
import type {
  AlertSearch,
  AlertSpan,
  VersionedAlert,
  WaitingAlert,
  WaitingSearch,
} from '../store.ts';
import { refresh } from './arrival-cursor.ts';
import type { Connection } from './connection.ts';
import type { ElasticsearchQuery } from './dialect.ts';
import type { IndexNames } from './indices.ts';
import { inTimeRange, searchPages, type Hit } from './search.ts';
import { sendBulk, type BulkOutcome } from './send-bulk.ts';

const READ_PAGE = 500;
const PARTS_PAGE = 5000;

/** An alert with the digest its entity is found by, and what charts cannot reach inside `details`. */
type AlertDocument = Alert & {
  readonly entity_key: string;
  readonly mitre_techniques?: readonly string[];
  readonly mitre_tactics?: readonly string[];
};

interface GotAlert extends Hit<AlertDocument> {
  readonly found?: boolean;
}

export async function createAlerts(
  connection: Connection,
  names: IndexNames,
  alerts: readonly Alert[],
): Promise<readonly ('created' | 'exists')[]> {
  const action = 'create alerts';
  const outcomes = await sendBulk(
    connection,
    action,
    alerts.map((alert) => ({
      kind: 'create',
      index: names.alerts,
      id: alert.alert_id,
      document: writeAlert(alert),
    })),
  );
  return outcomes.map((outcome) =>
    isConflict(connection, action, outcome) ? 'exists' : 'created',
  );
}

export async function updateAlerts(
  connection: Connection,
  names: IndexNames,
  changes: readonly VersionedAlert[],
): Promise<readonly ('updated' | 'conflict')[]> {
  const action = 'update alerts';
  const answers = changes.map((): 'updated' | 'conflict' => 'conflict');
  const known = changes.flatMap(({ alert, version }, index) => {
    const [, seqNo, primaryTerm] = /^(\d+):(\d+)$/.exec(version) ?? [];
    return seqNo === undefined
      ? []
      : [{ alert, index, onlyAt: { seqNo: Number(seqNo), primaryTerm: Number(primaryTerm) } }];
  });
  const outcomes = await sendBulk(
    connection,
    action,
    known.map(({ alert, onlyAt }) => ({
      kind: 'index',
      index: names.alerts,
      id: alert.alert_id,
      onlyAt,
      document: writeAlert(alert),
    })),
  );
  for (const [position, outcome] of outcomes.entries())
    if (!isConflict(connection, action, outcome))
      answers[known[position]?.index as number] = 'updated';
  return answers;
}

/** An alert that cannot be stored is a fault: alerts are ours, and none may be lost. */
function isConflict(connection: Connection, action: string, outcome: BulkOutcome): boolean {
  if (outcome.status === 400)
    throw new StoreError(
      'STORE_FAILED',
      `Cannot ${action} at "${connection.url}": ${outcome.reason.slice(0, 300)}`,
    );
  return outcome.status === 409 || outcome.status === 404;
}

export async function readAlerts(
  connection: Connection,
  names: IndexNames,
  alertIds: readonly string[],
): Promise<readonly VersionedAlert[]> {
  const found: VersionedAlert[] = [];
  for (let from = 0; from < alertIds.length; from += READ_PAGE) {
    const { docs } = await connection.send<{ readonly docs: readonly GotAlert[] }>({
      action: 'read alerts',
      method: 'POST',
      path: `/${names.alerts}/_mget`,
      body: { ids: [...new Set(alertIds.slice(from, from + READ_PAGE))] },
    });
    found.push(...docs.filter((got) => got.found === true).map(versioned));
  }
  return found;
}

export async function searchAlerts(
  connection: Connection,
  names: IndexNames,
  request: AlertSearch,
): Promise<readonly VersionedAlert[]> {
  const found: VersionedAlert[] = [];
  if (request.size <= 0) return found;
  await refresh(connection, names.alerts);
  const pages = searchPages<AlertDocument>(
    connection,
    'search alerts',
    names.alerts,
    {
      query: { bool: { filter: wishes(request) } },
      sort: [{ '@timestamp': 'desc' }, { alert_id: 'asc' }],
      seq_no_primary_term: true,
    },
    Math.min(request.size, READ_PAGE),
  );
  for await (const hits of pages) {
    found.push(...hits.map(versioned));
    if (found.length >= request.size) break;
  }
  return found.slice(0, request.size);
}

const IS_MERGED: ElasticsearchQuery = { exists: { field: 'details.merged_into' } };

/** Part of the alerts, without those that were merged into others. */
async function searchParts<Part>(
  connection: Connection,
  names: IndexNames,
  filter: readonly ElasticsearchQuery[],
  size: number,
  fields: readonly string[],
): Promise<readonly Part[]> {
  const found: Part[] = [];
  if (size <= 0) return found;
  await refresh(connection, names.alerts);
  const pages = searchPages<Part>(
    connection,
    'search alerts',
    names.alerts,
    {
      query: { bool: { filter, must_not: [IS_MERGED] } },
      sort: [{ '@timestamp': 'desc' }, { alert_id: 'asc' }],
      _source: fields,
    },
    PARTS_PAGE,
  );
  for await (const hits of pages) {
    for (const { _source: part } of hits) found.push(part);
    if (found.length >= size) break;
  }
  return found.slice(0, size);
}

export async function searchAlertSpans(
  connection: Connection,
  names: IndexNames,
  request: AlertSearch,
): Promise<readonly AlertSpan[]> {
  const fields = ['alert_id', 'entity', 'first_seen', 'last_seen'];
  const found = await searchParts<Parameters<typeof spanOfAlert>[0]>(
    connection,
    names,
    wishes(request),
    request.size,
    fields,
  );
  return found.map(spanOfAlert);
}

export async function waitingAlerts(
  connection: Connection,
  names: IndexNames,
  { lane, size }: WaitingSearch,
): Promise<readonly WaitingAlert[]> {
  const found = await searchParts<Parameters<typeof waitingOf>[0]>(
    connection,
    names,
    [waitingFilter(lane)],
    size,
    ['alert_id', 'severity', 'late', '@timestamp', 'waits_for', 'enriched', 'response.state'],
  );
  return found.map(waitingOf);
}

/**
 * As `waitsFor` of the model reads a document: two lanes have fields of their own, which are in the
 * alerts of every version, so that two versions side by side leave none behind.
 */
function waitingFilter(lane: string): ElasticsearchQuery {
  switch (lane) {
    case RESPONSE_LANE:
      return { term: { 'response.state': 'pending' } };
    case ENRICHMENT_LANE:
      return { term: { enriched: false } };
    default:
      return { term: { waits_for: lane } };
  }
}

function wishes(request: AlertSearch): readonly ElasticsearchQuery[] {
  const { touching, entities } = request;
  const terms = {
    rule_name: request.ruleName,
    rule_id: request.ruleId,
    status: request.status,
    'response.state': request.responseState,
    enriched: request.enriched,
  };
  return [
    ...Object.entries(terms).flatMap(([field, value]) =>
      value === undefined ? [] : [{ term: { [field]: value } }],
    ),
    ...(request.exceptRuleId === undefined
      ? []
      : [{ bool: { must_not: [{ term: { rule_id: request.exceptRuleId } }] } }]),
    ...(request.selfTest === undefined ? [] : [selfTestFilter(request.selfTest)]),
    ...(entities === undefined ? [] : [{ terms: { entity_key: entities.map(entityDigest) } }]),
    ...(touching === undefined
      ? []
      : [
          inTimeRange('first_seen', { fromMs: -Infinity, toMs: touching.toMs }),
          inTimeRange('last_seen', { fromMs: touching.fromMs, toMs: Infinity }),
        ]),
  ];
}

function selfTestFilter(wanted: boolean): ElasticsearchQuery {
  const marked = { term: { self_test: true } };
  return wanted ? marked : { bool: { must_not: [marked] } };
}

function entityDigest(entity: Entity): string {
  return createHash('sha256').update(entityKey(entity)).digest('hex');
}

function writeAlert(alert: Alert): string {
  const { mitre_techniques, mitre_tactics } = alert.details;
  return JSON.stringify({
    ...alert,
    entity_key: entityDigest(alert.entity),
    ...(mitre_techniques === undefined ? {} : { mitre_techniques }),
    ...(mitre_tactics === undefined ? {} : { mitre_tactics }),
  });
}

function versioned({ _source, _seq_no, _primary_term }: Hit<AlertDocument>): VersionedAlert {
  const { entity_key: _key, mitre_techniques: _, mitre_tactics: __, ...alert } = _source;
  return { alert, version: `${_seq_no}:${_primary_term}` };
}
