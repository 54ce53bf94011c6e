/** Alerts: created once, changed by version, many in one statement. */
import type { Alert } from '@mini-soc/model';
import { entityKey } from '@mini-soc/query';
import type { AlertSearch, VersionedAlert } from '../store.ts';
import { readRows, type Connection, type Parameter } from './connection.ts';

/** Columns of the table after `alert_id` and `version`, in order. */
const COLUMNS = [
  ['t', 'BIGINT'],
  ['rule_id', 'VARCHAR'],
  ['rule_name', 'VARCHAR'],
  ['entity', 'VARCHAR'],
  ['first_ms', 'BIGINT'],
  ['last_ms', 'BIGINT'],
  ['status', 'VARCHAR'],
  ['response_state', 'VARCHAR'],
  ['enriched', 'BOOLEAN'],
  ['doc', 'VARCHAR'],
  ['self_test', 'BOOLEAN'],
] as const;

/** Alerts of one statement: bounds the text of its parameter. */
const CHUNK = 200;

/** Texts of one alert in the order id, version, columns. */
function textsOf({ alert, version }: VersionedAlert): readonly string[] {
  return [
    alert.alert_id,
    version,
    String(Date.parse(alert['@timestamp'])),
    alert.rule_id,
    alert.rule_name,
    entityKey(alert.entity),
    String(Date.parse(alert.first_seen)),
    String(Date.parse(alert.last_seen)),
    alert.status,
    alert.response.state,
    String(alert.enriched),
    JSON.stringify(alert),
    String(alert.self_test === true),
  ];
}

/** The alerts as rows of `a`, given as one JSON parameter. */
const GIVEN = `SELECT r[1] AS alert_id, r[2]::BIGINT AS version, ${COLUMNS.map(([name, type], index) => `r[${index + 3}]::${type} AS ${name}`).join(', ')}
  FROM (SELECT unnest(from_json(?, '[["VARCHAR"]]')) AS r)`;

export async function createAlerts(
  connection: Connection,
  alerts: readonly Alert[],
): Promise<readonly ('created' | 'exists')[]> {
  const wanted = new Map<string, VersionedAlert>();
  for (const alert of alerts)
    if (!wanted.has(alert.alert_id)) wanted.set(alert.alert_id, { alert, version: '1' });
  const created =
    wanted.size === 1
      ? await createOne(connection, [...wanted.values()])
      : await inChunks(
          connection,
          `INSERT INTO alerts ${GIVEN} ON CONFLICT DO NOTHING RETURNING alert_id`,
          [...wanted.values()],
        );
  // The second of two equal ones finds the first.
  return alerts.map((alert) => (created.delete(alert.alert_id) ? 'created' : 'exists'));
}

const CREATE_ONE = `INSERT INTO alerts VALUES (${['?', '?', ...COLUMNS.map(() => '?')].join(', ')}) ON CONFLICT DO NOTHING RETURNING alert_id`;

/** The usual case, for which a block waits: a third faster than the general one. */
async function createOne(
  connection: Connection,
  alerts: readonly VersionedAlert[],
): Promise<Set<string>> {
  const rows = await connection.queryPrepared(CREATE_ONE, alerts.flatMap(textsOf));
  return new Set(rows.map((row) => String(row['alert_id'])));
}

export async function updateAlerts(
  connection: Connection,
  changes: readonly VersionedAlert[],
): Promise<readonly ('updated' | 'conflict')[]> {
  const wanted = new Map<string, VersionedAlert>();
  for (const change of changes)
    if (!wanted.has(change.alert.alert_id)) wanted.set(change.alert.alert_id, change);
  const updated = await inChunks(
    connection,
    `UPDATE alerts SET version = alerts.version + 1, ${COLUMNS.map(([name]) => `${name} = a.${name}`).join(', ')}
     FROM (${GIVEN}) a WHERE alerts.alert_id = a.alert_id AND alerts.version = a.version RETURNING alerts.alert_id`,
    [...wanted.values()],
  );
  return changes.map(({ alert }) => (updated.delete(alert.alert_id) ? 'updated' : 'conflict'));
}

/** Ids that the statement returned. */
async function inChunks(
  connection: Connection,
  sql: string,
  alerts: readonly VersionedAlert[],
): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let from = 0; from < alerts.length; from += CHUNK) {
    const texts = alerts.slice(from, from + CHUNK).map(textsOf);
    const rows = await connection.exclusive((raw) => readRows(raw, sql, [JSON.stringify(texts)]));
    for (const row of rows) ids.add(String(row['alert_id']));
  }
  return ids;
}

export async function readAlerts(
  connection: Connection,
  alertIds: readonly string[],
): Promise<readonly VersionedAlert[]> {
  const rows = await connection.query(
    `SELECT doc, version FROM alerts WHERE alert_id IN (SELECT unnest(from_json(?, '["VARCHAR"]')))`,
    [JSON.stringify(alertIds)],
  );
  return rows.map(versioned);
}

export async function searchAlerts(
  connection: Connection,
  search: AlertSearch,
): Promise<readonly VersionedAlert[]> {
  const wishes: readonly (readonly [string, Parameter | undefined])[] = [
    ['rule_name = ?', search.ruleName],
    ['rule_id = ?', search.ruleId],
    [
      `entity IN (SELECT unnest(from_json(?, '["VARCHAR"]')))`,
      search.entities === undefined ? undefined : JSON.stringify(search.entities.map(entityKey)),
    ],
    ['status = ?', search.status],
    ['response_state = ?', search.responseState],
    ['enriched = ?', search.enriched],
    ['self_test = ?', search.selfTest],
    ['first_ms < ?', search.touching === undefined ? undefined : BigInt(search.touching.toMs)],
    ['last_ms >= ?', search.touching === undefined ? undefined : BigInt(search.touching.fromMs)],
  ];
  const given = wishes.filter(
    (wish): wish is readonly [string, Parameter] => wish[1] !== undefined,
  );
  const where = given.length === 0 ? '' : `WHERE ${given.map(([sql]) => sql).join(' AND ')}`;
  const rows = await connection.query(
    `SELECT doc, version FROM alerts ${where} ORDER BY t DESC, alert_id LIMIT ?`,
    [...given.map(([, value]) => value), search.size],
  );
  return rows.map(versioned);
}

function versioned(row: Readonly<Record<string, unknown>>): VersionedAlert {
  return { alert: JSON.parse(String(row['doc'])) as Alert, version: String(row['version']) };
}
