/** The trail of blocks, append-only. */
import { StoreError, type Block } from '@mini-soc/model';
import type { TrailSearch } from '../store.ts';
import { KINDS_IN_FORCE, TRAIL_DETAILS, TRAIL_PARTS } from '../trail-parts.ts';
import { refresh } from './arrival-cursor.ts';
import type { Connection } from './connection.ts';
import { idOf } from './document-id.ts';
import type { IndexNames } from './indices.ts';
import { searchPages, sourceOf } from './search.ts';
import { sendBulk } from './send-bulk.ts';

const READ_PAGE = 1000;
const PARTS = [...TRAIL_PARTS, ...TRAIL_DETAILS.map((name) => `details.${name}`)];

export async function appendBlocks(
  connection: Connection,
  names: IndexNames,
  blocks: readonly Block[],
): Promise<readonly ('created' | 'exists')[]> {
  const action = 'keep a block';
  const outcomes = await sendBulk(
    connection,
    action,
    blocks.map((block) => ({
      kind: 'create',
      index: names.blocks,
      id: idOf(block.block_id),
      document: JSON.stringify(block),
    })),
  );
  return outcomes.map((outcome) => {
    if (outcome.status === 400)
      throw new StoreError(
        'STORE_FAILED',
        `Cannot ${action} at "${connection.url}": ${outcome.reason.slice(0, 300)}`,
      );
    return outcome.status === 409 ? 'exists' : 'created';
  });
}

export async function existingBlocks(
  connection: Connection,
  names: IndexNames,
  blockIds: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  const wanted = [...new Set(blockIds)];
  for (let from = 0; from < wanted.length; from += READ_PAGE) {
    const ids = wanted.slice(from, from + READ_PAGE);
    const { docs } = await connection.send<{
      readonly docs: readonly { readonly found?: boolean }[];
    }>({
      action: 'look for blocks',
      method: 'POST',
      path: `/${names.blocks}/_mget`,
      query: { _source: false },
      body: { ids: ids.map(idOf) },
    });
    found.push(...ids.filter((_id, index) => docs[index]?.found === true));
  }
  return found;
}

export async function blocksInForce(
  connection: Connection,
  names: IndexNames,
  { sinceMs, nowMs, size }: TrailSearch,
): Promise<readonly Block[]> {
  const found = await newestBlocks(connection, names, size, 'list blocks in force', {
    query: {
      bool: {
        filter: [
          { terms: { kind: KINDS_IN_FORCE } },
          { range: { '@timestamp': { gte: new Date(sinceMs).toISOString() } } },
          { range: { expires_at: { gt: new Date(nowMs).toISOString() } } },
        ],
      },
    },
    _source: { includes: PARTS },
  });
  return found.map((block) => ({ ...block, details: block.details ?? {} }));
}

export async function listBlocks(
  connection: Connection,
  names: IndexNames,
  size: number,
): Promise<readonly Block[]> {
  return newestBlocks(connection, names, size, 'list blocks', { query: { match_all: {} } });
}

/** The newest entries that the search finds, newest first. */
async function newestBlocks(
  connection: Connection,
  names: IndexNames,
  size: number,
  action: string,
  search: { readonly query: object; readonly _source?: object },
): Promise<readonly Block[]> {
  const found: Block[] = [];
  if (size <= 0) return found;
  await refresh(connection, names.blocks);
  const pages = searchPages<Block>(
    connection,
    action,
    names.blocks,
    { ...search, sort: [{ '@timestamp': 'desc' }, { _seq_no: 'desc' }] },
    Math.min(size, READ_PAGE),
  );
  for await (const hits of pages) {
    found.push(...hits.map(sourceOf));
    if (found.length >= size) break;
  }
  return found.slice(0, size);
}
