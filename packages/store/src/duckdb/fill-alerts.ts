/** Gives the table of alerts the columns that a file of before lacks, filled from the documents. */
import type { Alert } from '@mini-soc/model';
import { ALERT_COLUMNS, GIVEN_ALERTS, type AlertWriters } from './alerts.ts';
import { readRows, type Connection } from './connection.ts';
import { inTransaction } from './table-writer.ts';

/** Documents read at a time. */
const PAGE = 2000;

/** In one transaction. */
export async function fillAlerts(
  connection: Connection,
  incoming: AlertWriters['incoming'],
  missing: readonly string[],
): Promise<void> {
  await connection.exclusive((raw) =>
    inTransaction(raw, [incoming], async () => {
      for (const [name, type] of ALERT_COLUMNS)
        if (missing.includes(name)) await raw.run(`ALTER TABLE alerts ADD COLUMN ${name} ${type}`);
      for (let after = '', more = true; more;) {
        const rows = await readRows(
          raw,
          'SELECT alert_id, version, doc FROM alerts WHERE alert_id > ? ORDER BY alert_id LIMIT ?',
          [after, PAGE],
        );
        const prepared = await incoming.prepare(
          rows.map((row) => ({
            alert: JSON.parse(String(row['doc'])) as Alert,
            version: String(row['version']),
          })),
        );
        await incoming.write(raw, prepared);
        incoming.release(prepared);
        await raw.run(
          `UPDATE alerts SET ${missing.map((name) => `${name} = a.${name}`).join(', ')}
           FROM (${GIVEN_ALERTS}) a WHERE alerts.alert_id = a.alert_id`,
        );
        await raw.run('DELETE FROM incoming_alerts');
        after = String(rows.at(-1)?.['alert_id'] ?? '');
        more = rows.length === PAGE;
      }
    }),
  );
}
