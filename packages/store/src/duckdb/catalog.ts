/** What a database says about itself: its tables, and the number of its stored form. */
import { z } from 'zod';
import type { Connection } from './connection.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: string;
}

/** Columns of each table, in the order of the table; temporary tables are left out. */
export type Catalog = ReadonlyMap<string, readonly TableColumn[]>;

export async function readCatalog(connection: Connection): Promise<Catalog> {
  const rows = await connection.query(
    `SELECT table_name, column_name, data_type FROM duckdb_columns()
     WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal ORDER BY table_name, column_index`,
  );
  const tables = new Map<string, TableColumn[]>();
  for (const row of rows) {
    const table = String(row['table_name']);
    const columns = tables.get(table) ?? [];
    columns.push({ name: String(row['column_name']), type: String(row['data_type']) });
    tables.set(table, columns);
  }
  return tables;
}

/** Names of a table's columns in its order; none when there is no such table. */
export function columnNames(catalog: Catalog, table: string): readonly string[] {
  return (catalog.get(table) ?? []).map((column) => column.name);
}

/** The state under which the number of the stored form is kept. */
const SCHEMA_STATE = 'schema';

const numberSchema = z.object({
  version: z.int().min(1),
  /** Version of the product that wrote it. */
  product: z.string().max(40).default(''),
});
export type SchemaNumber = Readonly<z.infer<typeof numberSchema>>;

/** Version 0 for a file without a number; undefined when what stands there is no number. */
export async function readSchemaNumber(
  connection: Connection,
  catalog: Catalog,
): Promise<SchemaNumber | undefined> {
  if (!catalog.has('states')) return { version: 0, product: '' };
  const [row] = await connection.query('SELECT doc FROM states WHERE name = ?', [SCHEMA_STATE]);
  if (row === undefined) return { version: 0, product: '' };
  try {
    return numberSchema.parse(JSON.parse(String(row['doc'])));
  } catch {
    return undefined;
  }
}

/** The statement and its values. */
export function writeSchemaNumber(number: SchemaNumber): readonly [sql: string, values: string[]] {
  return [
    'INSERT OR REPLACE INTO states (name, doc) VALUES (?, ?)',
    [SCHEMA_STATE, JSON.stringify(number)],
  ];
}
