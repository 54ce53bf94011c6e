/** The named states of services. */
import type { Connection } from './connection.ts';

export async function readState(connection: Connection, name: string): Promise<unknown> {
  const rows = await connection.query('SELECT doc FROM states WHERE name = ?', [name]);
  return rows[0] === undefined ? undefined : (JSON.parse(String(rows[0]['doc'])) as unknown);
}

/** The newest write wins. Nearly every one is of a state that is there: it costs a fifth of INSERT OR REPLACE. */
export async function writeState(
  connection: Connection,
  name: string,
  value: unknown,
): Promise<void> {
  const doc = JSON.stringify(value);
  if ((await connection.update('UPDATE states SET doc = ? WHERE name = ?', [doc, name])) > 0)
    return;
  await connection.run('INSERT OR REPLACE INTO states (name, doc) VALUES (?, ?)', [name, doc]);
}
