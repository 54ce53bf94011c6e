/** Alerts: created once, changed by version, many in one statement. */
import { waitsFor, type Alert } from '@mini-soc/model';
import { entityKey } from '@mini-soc/query';
import type {
  AlertSearch,
  AlertSpan,
  VersionedAlert,
  WaitingAlert,
  WaitingSearch,
} from '../store.ts';
import { isDuplicate, readRows, type Connection, type Parameter } from './connection.ts';
import { createTableWriter, inTransaction, type TableWriter } from './table-writer.ts';

/** Columns of the table by name, in the order of a new one, and what an alert gives for each. */
const COLUMNS = [
  ['alert_id', 'VARCHAR', text(({ alert }) => alert.alert_id)],
  ['version', 'BIGINT', integer(({ version }) => Number(version))],
  ['t', 'BIGINT', integer(({ alert }) => Date.parse(alert['@timestamp']))],
  ['rule_id', 'VARCHAR', text(({ alert }) => alert.rule_id)],
  ['rule_name', 'VARCHAR', text(({ alert }) => alert.rule_name)],
  ['entity', 'VARCHAR', text(({ alert }) => entityKey(alert.entity))],
  ['first_ms', 'BIGINT', integer(({ alert }) => Date.parse(alert.first_seen))],
  ['last_ms', 'BIGINT', integer(({ alert }) => Date.parse(alert.last_seen))],
  ['status', 'VARCHAR', text(({ alert }) => alert.status)],
  ['response_state', 'VARCHAR', text(({ alert }) => alert.response.state)],
  ['enriched', 'BOOLEAN', integer(({ alert }) => Number(alert.enriched))],
  ['doc', 'VARCHAR', text(({ alert }) => JSON.stringify(alert))],
  ['self_test', 'BOOLEAN', integer(({ alert }) => Number(alert.self_test === true))],
  // What is searched for again and again must not read documents: they are a hundred times as large.
  ['severity', 'VARCHAR', text(({ alert }) => alert.severity)],
  ['late', 'BOOLEAN', integer(({ alert }) => Number(alert.late))],
  ['waits_for', 'VARCHAR', text(({ alert }) => JSON.stringify(waitsFor(alert)))],
] as const;

/** Where alerts stand before they are written; booleans as 0 and 1. */
export const CREATE_INCOMING_ALERTS = `CREATE TEMP TABLE IF NOT EXISTS incoming_alerts (${COLUMNS.map(([name, type]) => `${name} ${type === 'BOOLEAN' ? 'BIGINT' : type}`).join(', ')})`;

const NAMES = COLUMNS.map(([name]) => name);

/** The alerts that stand in `incoming_alerts`, with the types of the table. */
export const GIVEN_ALERTS = `SELECT ${COLUMNS.map(([name, type]) => (type === 'BOOLEAN' ? `${name}::BOOLEAN AS ${name}` : name)).join(', ')} FROM incoming_alerts`;

/** Each change makes it one more. */
export const FIRST_VERSION = '1';

const CHANGED = NAMES.filter((name) => name !== 'alert_id' && name !== 'version');

/** Columns of the table of alerts: name and type. */
export const ALERT_COLUMNS: readonly (readonly [name: string, type: string])[] = COLUMNS.map(
  ([name, type]) => [name, type],
);

/** Writes into the table of alerts, and into the one that `CREATE_INCOMING_ALERTS` makes. */
export interface AlertWriters {
  readonly alerts: TableWriter<VersionedAlert>;
  readonly incoming: TableWriter<VersionedAlert>;
}

/** `order` is the order of the columns in the table of alerts. */
export function createAlertWriters(order: readonly string[]): AlertWriters {
  const columns = Object.fromEntries(COLUMNS.map(([name, , column]) => [name, column]));
  return {
    alerts: createTableWriter('alerts', columns, order),
    incoming: createIncomingAlerts(),
  };
}

/** Writes into the table that `CREATE_INCOMING_ALERTS` makes. */
export function createIncomingAlerts(): TableWriter<VersionedAlert> {
  return createTableWriter(
    'incoming_alerts',
    Object.fromEntries(COLUMNS.map(([name, , column]) => [name, column])),
  );
}

function text(read: (given: VersionedAlert) => string) {
  return { kind: 'text', read } as const;
}

function integer(read: (given: VersionedAlert) => number) {
  return { kind: 'integer', read } as const;
}

/** Values of one alert in the order of the columns, each of its column's type. */
function valuesOf(given: VersionedAlert): readonly (string | bigint | boolean)[] {
  return COLUMNS.map(([, type, column]) => {
    const value = column.read(given);
    if (type === 'BIGINT') return BigInt(value);
    return type === 'BOOLEAN' ? value === 1 : String(value);
  });
}

export async function createAlerts(
  connection: Connection,
  writers: AlertWriters,
  alerts: readonly Alert[],
): Promise<readonly ('created' | 'exists')[]> {
  const wanted = new Map<string, VersionedAlert>();
  for (const alert of alerts)
    if (!wanted.has(alert.alert_id)) wanted.set(alert.alert_id, { alert, version: FIRST_VERSION });
  const given = [...wanted.values()];
  const [first] = given;
  const created =
    given.length === 1 && first !== undefined
      ? await createOne(connection, first)
      : ((await createNew(connection, writers.alerts, given)) ??
        (await writeAtOnce(
          connection,
          writers.incoming,
          [
            `INSERT INTO alerts (${NAMES.join(', ')}) ${GIVEN_ALERTS} ON CONFLICT DO NOTHING RETURNING alert_id`,
          ],
          given,
        )));
  // The second of two equal ones finds the first.
  return alerts.map((alert) => (created.delete(alert.alert_id) ? 'created' : 'exists'));
}

/** Ids of all of them; undefined when one of them is there already: then none is written. */
async function createNew(
  connection: Connection,
  writer: TableWriter<VersionedAlert>,
  alerts: readonly VersionedAlert[],
): Promise<Set<string> | undefined> {
  if (alerts.length === 0) return new Set();
  const prepared = await writer.prepare(alerts);
  return connection
    .exclusive(async (raw) => {
      try {
        await inTransaction(raw, [writer], () => writer.write(raw, prepared));
      } catch (error) {
        if (isDuplicate(error)) return undefined;
        throw error;
      }
      return new Set(alerts.map(({ alert }) => alert.alert_id));
    })
    .finally(() => writer.release(prepared));
}

const CREATE_ONE = `INSERT INTO alerts (${NAMES.join(', ')}) VALUES (${NAMES.map(() => '?').join(', ')})`;

/** The usual case, for which a block waits. */
async function createOne(connection: Connection, given: VersionedAlert): Promise<Set<string>> {
  const isCreated = await connection.insert(CREATE_ONE, valuesOf(given));
  return new Set(isCreated ? [given.alert.alert_id] : []);
}

const IS_CURRENT = 'alerts.alert_id = a.alert_id AND alerts.version = a.version';
const FIND_CURRENT = `SELECT alerts.alert_id FROM alerts JOIN incoming_alerts a ON ${IS_CURRENT}`;
/**
 * Beware: with RETURNING, DuckDB deletes and inserts each row, its key too. A commit that then fails, on
 * a full disk, cannot be undone, and DuckDB ends the process.
 */
const UPDATE_CURRENT = `UPDATE alerts SET version = alerts.version + 1, ${CHANGED.map((name) => `${name} = a.${name}`).join(', ')}
  FROM (${GIVEN_ALERTS}) a WHERE ${IS_CURRENT}`;

export async function updateAlerts(
  connection: Connection,
  incoming: TableWriter<VersionedAlert>,
  changes: readonly VersionedAlert[],
): Promise<readonly ('updated' | 'conflict')[]> {
  const wanted = new Map<string, VersionedAlert>();
  for (const change of changes)
    if (!wanted.has(change.alert.alert_id)) wanted.set(change.alert.alert_id, change);
  const updated = await writeAtOnce(
    connection,
    incoming,
    [FIND_CURRENT, UPDATE_CURRENT],
    [...wanted.values()],
  );
  return changes.map(({ alert }) => (updated.delete(alert.alert_id) ? 'updated' : 'conflict'));
}

/** One transaction for all alerts; ids that the first statement returned. */
async function writeAtOnce(
  connection: Connection,
  incoming: TableWriter<VersionedAlert>,
  [first, ...rest]: readonly [string, ...string[]],
  alerts: readonly VersionedAlert[],
): Promise<Set<string>> {
  if (alerts.length === 0) return new Set();
  const prepared = await incoming.prepare(alerts);
  return connection
    .exclusive((raw) =>
      inTransaction(raw, [incoming], async () => {
        await incoming.write(raw, prepared);
        const rows = await readRows(raw, first);
        if (rows.length > 0) for (const sql of rest) await raw.run(sql);
        await raw.run('DELETE FROM incoming_alerts');
        return new Set(rows.map((row) => String(row['alert_id'])));
      }),
    )
    .finally(() => incoming.release(prepared));
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
  const { where, parameters } = conditions(search);
  const rows = await connection.query(
    `SELECT doc, version FROM alerts ${where} ORDER BY t DESC, alert_id LIMIT ?`,
    [...parameters, search.size],
  );
  return rows.map(versioned);
}

/** In a text of the document a quotation mark is escaped: only the name of the field reads so. */
const IS_MERGED = `contains(doc, '"merged_into":')`;

export async function waitingAlerts(
  connection: Connection,
  { lane, size }: WaitingSearch,
): Promise<readonly WaitingAlert[]> {
  const rows = await connection.query(
    `SELECT alert_id, t, severity, late, waits_for FROM alerts
     WHERE waits_for <> '[]' AND contains(waits_for, ?) ORDER BY t DESC, alert_id LIMIT ?`,
    [JSON.stringify(lane), size],
  );
  const known = new Map<string, readonly string[]>();
  return rows.map((row): WaitingAlert => {
    const waiting = String(row['waits_for']);
    const lanes = known.get(waiting) ?? (JSON.parse(waiting) as readonly string[]);
    known.set(waiting, lanes);
    return {
      alertId: String(row['alert_id']),
      severity: String(row['severity']) as Alert['severity'],
      late: row['late'] === true,
      ms: Number(row['t']),
      waitsFor: lanes,
    };
  });
}

export async function searchAlertSpans(
  connection: Connection,
  search: AlertSearch,
): Promise<readonly AlertSpan[]> {
  const { where, parameters } = conditions(search);
  const rows = await connection.query(
    `SELECT alert_id, entity, first_ms, last_ms FROM alerts
     ${where === '' ? 'WHERE' : `${where} AND`} NOT ${IS_MERGED} ORDER BY t DESC, alert_id LIMIT ?`,
    [...parameters, search.size],
  );
  return rows.map((row) => ({
    alertId: String(row['alert_id']),
    entity: Object.fromEntries(JSON.parse(String(row['entity'])) as [string, string][]),
    firstMs: Number(row['first_ms']),
    lastMs: Number(row['last_ms']),
  }));
}

function conditions(search: AlertSearch): {
  readonly where: string;
  readonly parameters: readonly Parameter[];
} {
  const wishes: readonly (readonly [string, Parameter | undefined])[] = [
    ['rule_name = ?', search.ruleName],
    ['rule_id = ?', search.ruleId],
    ['rule_id <> ?', search.exceptRuleId],
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
  return { where, parameters: given.map(([, value]) => value) };
}

function versioned(row: Readonly<Record<string, unknown>>): VersionedAlert {
  return { alert: JSON.parse(String(row['doc'])) as Alert, version: String(row['version']) };
}
