/**
 * Whether ledger and trail are what was written: the ledger's chain as it stands on the disk, the chain of the
 * trail's newest documents as the store gives them, and each against the other. Whoever changes one of them
 * must change both, and the log that names the head, or it is seen.
 */
import { LIMITS, messageOf, type Block } from '@mini-soc/model';
import type { Store } from '@mini-soc/store';
import type { Ledger } from '../ledger/ledger.ts';
import { linkAfter, stampOf, type Stamp, type TrailHead } from '../ledger/trail-chain.ts';
import type { VerifiedLedger } from '../ledger/verify-ledger.ts';

export interface Verification {
  readonly sound: boolean;
  readonly ledger: {
    readonly entries: number;
    /** Of an older version, without a link. */
    readonly unlinked: number;
    readonly head: string;
    readonly first_break?: string;
  };
  readonly trail: {
    /** Documents that were looked at, of those with a link. */
    readonly documents: number;
    readonly first: number;
    readonly last: number;
    readonly first_break?: string;
    /** Why it could not be looked at. */
    readonly unread?: string;
  };
}

export interface VerifyOptions {
  readonly ledger: Pick<
    Ledger,
    'verify' | 'chain' | 'openedBreak' | 'auditCount' | 'pendingAudit' | 'readAudit'
  >;
  readonly store: Pick<Store, 'listBlocks'>;
  /** A store may need a moment until it shows what it took. */
  readonly settle: () => Promise<void>;
}

const NEWEST = LIMITS.verified_documents.value;
/** More that wait for the store are not looked at. */
const WAITING = LIMITS.audit_batch.value;
/** The store forgets by time, the documents count by the order they came in: near the oldest one these differ. */
const RAGGED_MS = 300_000;

/** Throws AppError when the ledger cannot be read. */
export async function verifyAudit(options: VerifyOptions): Promise<Verification> {
  const first = await look(options);
  if (first.trail.first_break === undefined) return first;
  await options.settle();
  return look(options);
}

async function look({ ledger, store }: VerifyOptions): Promise<Verification> {
  const disk = await ledger.verify();
  const memory = ledger.chain();
  // What the process itself has written stands at the end, or the file is another one by now.
  const isBehind = disk.firstBreak === undefined && disk.head !== memory.head;
  const firstBreak = isBehind
    ? `The file ends with another entry than the one that was written last (${memory.head})`
    : (disk.firstBreak ?? ledger.openedBreak);
  const documents = await readTrail(ledger, store);
  const trail =
    typeof documents === 'string'
      ? { documents: 0, first: 0, last: 0, unread: documents }
      : judgeTrail(documents, disk);
  return {
    sound: firstBreak === undefined && trail.first_break === undefined,
    ledger: {
      entries: disk.entries,
      unlinked: disk.unlinked,
      head: disk.head,
      ...(firstBreak === undefined ? {} : { first_break: firstBreak }),
    },
    trail,
  };
}

/** The newest documents with those that wait for the store; a sentence when it cannot be asked. */
async function readTrail(
  ledger: VerifyOptions['ledger'],
  store: VerifyOptions['store'],
): Promise<readonly Block[] | string> {
  if (ledger.auditCount() > WAITING)
    return `${ledger.auditCount()} documents wait for the store: ask again when it has taken them`;
  const waiting = await ledger.readAudit(ledger.pendingAudit());
  try {
    return [...(await store.listBlocks(NEWEST)), ...waiting];
  } catch (error) {
    return `The store cannot be asked: ${messageOf(error)}`;
  }
}

interface Stamped {
  readonly block: Block;
  readonly stamp: Stamp;
}

export function judgeTrail(
  documents: readonly Block[],
  disk: Pick<VerifiedLedger, 'trail' | 'trailBefore' | 'documents'>,
): Verification['trail'] {
  const found = new Map<number, Stamped>();
  let twice: Stamped | undefined;
  for (const block of documents) {
    const stamp = stampOf(block);
    if (stamp === undefined) continue;
    const before = found.get(stamp.seq);
    if (before !== undefined && before.block.block_id !== block.block_id)
      twice ??= { block, stamp };
    found.set(stamp.seq, { block, stamp });
  }
  const ordered = [...found.values()].toSorted((a, b) => a.stamp.seq - b.stamp.seq);
  const firstBreak =
    firstGap(ordered) ??
    (twice === undefined ? undefined : `Two documents have the number ${twice.stamp.seq}`) ??
    againstLedger(ordered, disk);
  return {
    documents: ordered.length,
    first: ordered[0]?.stamp.seq ?? 0,
    last: ordered.at(-1)?.stamp.seq ?? 0,
    ...(firstBreak === undefined ? {} : { first_break: firstBreak }),
  };
}

function firstGap(ordered: readonly Stamped[]): string | undefined {
  const [oldest] = ordered;
  if (oldest === undefined) return undefined;
  const raggedUntilMs =
    oldest.stamp.seq === 1
      ? Number.NEGATIVE_INFINITY
      : Math.min(...ordered.map(({ block }) => timeOf(block))) + RAGGED_MS;
  let before: TrailHead = { seq: oldest.stamp.seq - 1, link: '' };
  for (const { block, stamp } of ordered) {
    const isFirst = stamp === oldest.stamp;
    if (stamp.seq !== before.seq + 1) {
      if (timeOf(block) > raggedUntilMs) return missing(before.seq + 1, stamp.seq - 1);
    } else if ((!isFirst || stamp.seq === 1) && linkAfter(block, before.link) !== stamp.link)
      return `Document ${stamp.seq} of the trail (${block.block_id}) does not follow the one before it: one of them was changed`;
    before = stamp;
  }
  return undefined;
}

/** Documents that the ledger's file tells of are in the trail as it tells them, and none that it does not know. */
function againstLedger(
  ordered: readonly Stamped[],
  disk: Pick<VerifiedLedger, 'trail' | 'trailBefore' | 'documents'>,
): string | undefined {
  for (const { stamp } of ordered) {
    if (stamp.seq <= disk.trailBefore.seq) {
      if (stamp.seq === disk.trailBefore.seq && stamp.link !== disk.trailBefore.link)
        return `Document ${stamp.seq} of the trail is not the one that the ledger made`;
      continue;
    }
    const made = disk.documents.get(stamp.seq);
    if (made === undefined)
      return `Document ${stamp.seq} of the trail has no entry in the ledger: the ledger was cut or set back`;
    if (made !== stamp.link)
      return `Document ${stamp.seq} of the trail is not the one that the ledger made`;
  }
  const last = ordered.at(-1)?.stamp.seq ?? 0;
  return last < disk.trail.seq ? missing(last + 1, disk.trail.seq) : undefined;
}

function missing(first: number, last: number): string {
  return first === last
    ? `Document ${first} of the trail is missing`
    : `Documents ${first} to ${last} of the trail are missing`;
}

function timeOf(block: Block): number {
  return Date.parse(block['@timestamp']);
}
