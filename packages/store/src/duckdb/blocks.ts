/**
 * The trail of blocks: append-only, many documents in one transaction, numbered in the order of writing.
 * A document that is there already is the exception, so it is looked for only when a batch was refused.
 */
import type { Block } from '@mini-soc/model';
import type { TrailSearch } from '../store.ts';
import { KINDS_IN_FORCE, TRAIL_DETAILS, TRAIL_PARTS } from '../trail-parts.ts';
import { isDuplicate, readRows, type Connection, type Row } from './connection.ts';
import { quoteText } from './session.ts';
import { createTableWriter, inTransaction } from './table-writer.ts';

export interface BlockTrail {
  readonly append: (blocks: readonly Block[]) => Promise<readonly ('created' | 'exists')[]>;
  readonly list: (size: number) => Promise<readonly Block[]>;
  readonly existing: (blockIds: readonly string[]) => Promise<readonly string[]>;
  readonly inForce: (search: TrailSearch) => Promise<readonly Block[]>;
}

interface Numbered {
  readonly block: Block;
  readonly number: number;
}

/** Documents looked through in one call: others wait meanwhile. */
const STRIDE = 5000;

const INSERT_ONE = 'INSERT INTO blocks (block_id, n, t, doc) VALUES (?, ?, ?, ?)';
const FIND = `SELECT block_id FROM blocks WHERE block_id IN (SELECT unnest(from_json(?, '["VARCHAR"]')))`;

/** A document is read in parts, so that the copy of the alert's details is not read into memory. */
const SELECT_IN_FORCE = `SELECT ${[
  ...TRAIL_PARTS.map((name) => `json_extract(doc, '$."${name}"')::VARCHAR AS "${name}"`),
  ...TRAIL_DETAILS.map(
    (name) => `json_extract(doc, '$.details.${name}')::VARCHAR AS "details.${name}"`,
  ),
].join(', ')} FROM blocks
 WHERE n > ? AND n <= ? AND t >= ?
   AND json_extract_string(doc, '$.kind') IN (${KINDS_IN_FORCE.map(quoteText).join(', ')})
   AND json_extract_string(doc, '$.expires_at') > ?
 ORDER BY n DESC`;

/** `order`: the columns of the table in its order. */
export function createBlockTrail(connection: Connection, order: readonly string[]): BlockTrail {
  const writer = createTableWriter<Numbered>(
    'blocks',
    {
      block_id: { kind: 'text', read: ({ block }) => block.block_id },
      n: { kind: 'integer', read: ({ number }) => number },
      t: { kind: 'integer', read: ({ block }) => Date.parse(block['@timestamp']) },
      doc: { kind: 'text', read: ({ block }) => JSON.stringify(block) },
    },
    order,
  );
  /** Of the newest document; undefined before it was asked. */
  let newest: number | undefined;
  const readNewest = async (): Promise<void> => {
    const [row] = await connection.query('SELECT coalesce(max(n), 0) AS n FROM blocks');
    newest ??= Number(row?.['n'] ?? 0);
  };
  const number = (blocks: readonly Block[]): readonly Numbered[] =>
    blocks.map((block) => ({ block, number: (newest = (newest ?? 0) + 1) }));

  const writeOne = async (block: Block): Promise<boolean> =>
    connection.insert(INSERT_ONE, [
      block.block_id,
      BigInt(number([block])[0]?.number ?? 0),
      BigInt(Date.parse(block['@timestamp'])),
      JSON.stringify(block),
    ]);
  /** False when one of them is there already: then none is written. */
  const writeNew = async (blocks: readonly Block[]): Promise<boolean> => {
    const prepared = await writer.prepare(number(blocks));
    return connection
      .exclusive(async (raw) => {
        try {
          await inTransaction(raw, [writer], () => writer.write(raw, prepared));
          return true;
        } catch (error) {
          if (isDuplicate(error)) return false;
          throw error;
        }
      })
      .finally(() => writer.release(prepared));
  };
  /** Writes those that are not there; their ids. */
  const writeMissing = (blocks: readonly Block[]): Promise<ReadonlySet<string>> =>
    connection.exclusive(async (raw) => {
      const ids = JSON.stringify(blocks.map((block) => block.block_id));
      const present = new Set((await readRows(raw, FIND, [ids])).map(idOf));
      const missing = blocks.filter((block) => !present.has(block.block_id));
      const prepared = await writer.prepare(number(missing));
      try {
        await inTransaction(raw, [writer], () => writer.write(raw, prepared));
      } finally {
        writer.release(prepared);
      }
      return new Set(missing.map((block) => block.block_id));
    });

  return {
    async append(blocks) {
      if (newest === undefined) await readNewest();
      const wanted = [
        ...new Map(blocks.toReversed().map((block) => [block.block_id, block])).values(),
      ].toReversed();
      const [first] = wanted;
      if (first === undefined) return [];
      let created: Set<string>;
      if (wanted.length === 1) created = new Set((await writeOne(first)) ? [first.block_id] : []);
      else if (await writeNew(wanted)) created = new Set(wanted.map((block) => block.block_id));
      else created = new Set(await writeMissing(wanted));
      // The second of two equal ones finds the first.
      return blocks.map((block) => (created.delete(block.block_id) ? 'created' : 'exists'));
    },
    async list(size) {
      const rows = await connection.query(
        'SELECT doc FROM blocks ORDER BY t DESC, n DESC LIMIT ?',
        [size],
      );
      return rows.map((row) => JSON.parse(String(row['doc'])) as Block);
    },
    async existing(blockIds) {
      return (await connection.query(FIND, [JSON.stringify(blockIds)])).map(idOf);
    },
    async inForce({ sinceMs, nowMs, size }) {
      const since = BigInt(Math.floor(sinceMs));
      const [range] = await connection.query(
        'SELECT min(n) AS oldest, max(n) AS newest FROM blocks WHERE t >= ?',
        [since],
      );
      const oldest = Number(range?.['oldest'] ?? 0);
      const found: Block[] = [];
      for (
        let upTo = Number(range?.['newest'] ?? -1);
        upTo >= oldest && found.length < size;
        upTo -= STRIDE
      )
        found.push(
          ...(
            await connection.query(SELECT_IN_FORCE, [
              BigInt(upTo - STRIDE),
              BigInt(upTo),
              since,
              new Date(nowMs).toISOString(),
            ])
          ).map(readParts),
        );
      return found.slice(0, size);
    },
  };
}

function idOf(row: Row): string {
  return String(row['block_id']);
}

function readParts(row: Row): Block {
  const read = (name: string, key: string): readonly (readonly [string, unknown])[] => {
    const value = row[name];
    return value === null || value === undefined ? [] : [[key, JSON.parse(String(value))]];
  };
  return {
    ...Object.fromEntries(TRAIL_PARTS.flatMap((name) => read(name, name))),
    details: Object.fromEntries(TRAIL_DETAILS.flatMap((name) => read(`details.${name}`, name))),
  } as Block;
}
