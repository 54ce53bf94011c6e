/**
 * Order of arrival without a clock: the sequence numbers that an index gives to its writes. A position
 * holds, for each index, the number up to which every write is done. See docs/decisions on the arrival
 * cursor by sequence number.
 */
import { backoffMs, StoreError } from '@mini-soc/model';
import type { ArrivalCursor } from '../store.ts';
import type { Connection } from './connection.ts';
import type { ElasticsearchQuery } from './dialect.ts';
import type { IndexNames } from './indices.ts';

/** Day of the index → its history and the last sequence number that is covered. */
type Position = Readonly<Record<string, readonly [history: string, seqNo: number]>>;

interface ShardStats {
  readonly routing: { readonly primary: boolean; readonly state: string };
  readonly commit?: { readonly user_data?: { readonly history_uuid?: string } };
  readonly seq_no?: { readonly max_seq_no: number; readonly global_checkpoint: number };
}

interface Stats {
  readonly indices?: Readonly<
    Record<
      string,
      {
        readonly uuid: string;
        readonly shards?: Readonly<Record<string, readonly ShardStats[]>>;
      }
    >
  >;
}

interface Reading {
  readonly history: string;
  readonly maxSeqNo: number;
  readonly checkpoint: number;
}

/** Longest wait for writes in flight, milliseconds, and the pause between two looks. */
const MAX_WAIT_MS = 20_000;
const LOOK_AGAIN = { firstMs: 5, longestMs: 500 };

/** Most indices that are named in the path of a request. */
export const MAX_NAMED_INDICES = 40;

/**
 * A position that covers every write that was answered before this call, by whomever: the writes that
 * had a number at the first look are waited for, so that no number below the position is still open.
 * Everything it covers is visible to searches when it is returned.
 */
export async function readArrivalCursor(
  connection: Connection,
  names: IndexNames,
): Promise<ArrivalCursor> {
  const giveUpAt = Date.now() + MAX_WAIT_MS;
  let targets: ReadonlyMap<string, Reading> | undefined;
  for (let look = 0; ; look += 1) {
    const { readings, unassigned } = await readCheckpoints(connection, names);
    // Without its shard an index has no numbers: its writes must not look like new ones later.
    targets = unassigned.length > 0 ? undefined : (targets ?? readings);
    const behind = [...(targets ?? [])].find(([index, target]) => {
      const reading = readings.get(index);
      return reading?.history === target.history && reading.checkpoint < target.maxSeqNo;
    });
    if (targets !== undefined && behind === undefined) {
      await refresh(connection, names.events);
      return writePosition(names, readings);
    }
    if (Date.now() > giveUpAt)
      throw new StoreError(
        'STORE_FAILED',
        `Cannot read the order of arrival at "${connection.url}": index "${unassigned[0] ?? behind?.[0] ?? ''}" is not ready (see its health)`,
        { retryable: true },
      );
    await new Promise((resolve) => {
      setTimeout(resolve, backoffMs(look + 1, LOOK_AGAIN));
    });
  }
}

async function readCheckpoints(
  connection: Connection,
  names: IndexNames,
): Promise<{
  readonly readings: ReadonlyMap<string, Reading>;
  /** Indices whose primary shard does not answer. */
  readonly unassigned: readonly string[];
}> {
  const action = 'read the order of arrival';
  const [known, stats] = await Promise.all([
    connection.send<Readonly<Record<string, unknown>>>({
      action,
      method: 'GET',
      path: `/${names.events}/_settings/index.uuid`,
    }),
    connection.send<Stats>({
      action,
      method: 'GET',
      path: `/${names.events}/_stats/docs`,
      query: {
        level: 'shards',
        filter_path:
          'indices.*.uuid,indices.*.shards.*.routing,indices.*.shards.*.seq_no,indices.*.shards.*.commit.user_data.history_uuid',
      },
    }),
  ]);
  const readings = new Map<string, Reading>();
  const unassigned: string[] = [];
  for (const index of new Set([...Object.keys(known), ...Object.keys(stats.indices ?? {})])) {
    const { uuid = '', shards = {} } = stats.indices?.[index] ?? {};
    if (Object.keys(shards).length > 1)
      throw new StoreError(
        'STORE_FAILED',
        `Cannot read the order of arrival at "${connection.url}": index "${index}" has more than one primary shard (create it from our template)`,
      );
    const primary = Object.values(shards)
      .flat()
      .find(({ routing }) => routing.primary);
    if (primary?.seq_no === undefined || primary.routing.state === 'INITIALIZING')
      unassigned.push(index);
    else
      readings.set(index, {
        // A history ends when the index is made anew, restored, or an old copy becomes the primary.
        history: primary.commit?.user_data?.history_uuid ?? uuid,
        maxSeqNo: primary.seq_no.max_seq_no,
        checkpoint: primary.seq_no.global_checkpoint,
      });
  }
  return { readings, unassigned };
}

/** Makes what was written visible to searches. */
export async function refresh(
  connection: Connection,
  index: string,
  mayBeGone = false,
): Promise<void> {
  const { _shards } = await connection.send<{ readonly _shards: { readonly failed: number } }>({
    action: 'refresh the indices',
    method: 'POST',
    path: `/${index}/_refresh`,
    query: { ignore_unavailable: mayBeGone },
  });
  if (_shards.failed > 0)
    throw new StoreError(
      'STORE_FAILED',
      `Cannot refresh "${index}" at "${connection.url}": ${_shards.failed} shards failed (see the health of the cluster)`,
      { retryable: true },
    );
}

function writePosition(names: IndexNames, readings: ReadonlyMap<string, Reading>): ArrivalCursor {
  const position: Position = Object.fromEntries(
    [...readings].map(([index, { history, checkpoint }]) => [
      names.dayOf(index),
      [history, checkpoint] as const,
    ]),
  );
  return JSON.stringify(position) as ArrivalCursor;
}

/** See Store.splitArrivals(): index by index, in the order of their days. */
export function splitPositions(
  after: ArrivalCursor | undefined,
  upTo: ArrivalCursor,
  events: number,
): readonly ArrivalCursor[] {
  if (after === upTo) return [];
  const from: Position = after === undefined ? {} : (JSON.parse(after) as Position);
  const to = Object.entries(JSON.parse(upTo) as Position).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // What is not there any more has nothing to be gone through.
  const position: Record<string, readonly [history: string, seqNo: number]> = Object.fromEntries(
    to.flatMap(([day]) => (from[day] === undefined ? [] : [[day, from[day]] as const])),
  );
  const steps: ArrivalCursor[] = [];
  let room = events;
  for (const [day, [history, seqNo]] of to) {
    const before = from[day];
    let at = before !== undefined && before[0] === history && before[1] <= seqNo ? before[1] : -1;
    while (seqNo - at > room) {
      at += room;
      room = events;
      position[day] = [history, at];
      steps.push(JSON.stringify(position) as ArrivalCursor);
    }
    room -= seqNo - at;
    position[day] = [history, seqNo];
  }
  return [...steps, upTo];
}

export interface Arrived {
  readonly query: ElasticsearchQuery;
  /** Path of the indices concerned; undefined when nothing arrived. */
  readonly path: string | undefined;
}

/** What arrived after one position and up to another; from the beginning when `after` is undefined. */
export function arrivedBetween(
  names: IndexNames,
  after: ArrivalCursor | undefined,
  upTo: ArrivalCursor,
): Arrived {
  const from: Position = after === undefined ? {} : (JSON.parse(after) as Position);
  const changed = Object.entries(JSON.parse(upTo) as Position).flatMap(
    ([day, [history, seqNo]]) => {
      const before = from[day];
      // Another history, or one that went back: all of the index is new.
      const isSame = before !== undefined && before[0] === history && before[1] <= seqNo;
      if (seqNo < 0 || (isSame && before[1] === seqNo)) return [];
      return [{ index: names.eventsOn(day), gt: isSame ? before[1] : -1, lte: seqNo }];
    },
  );
  return {
    path:
      changed.length === 0
        ? undefined
        : changed.length > MAX_NAMED_INDICES
          ? names.events
          : changed.map(({ index }) => index).join(','),
    query: {
      bool: {
        should: changed.map(({ index, gt, lte }) => ({
          bool: { filter: [{ term: { _index: index } }, { range: { _seq_no: { gt, lte } } }] },
        })),
      },
    },
  };
}
