/** Reads a ledger as it stands on the disk, for the question whether somebody changed it. */
import { headOf, NO_TRAIL, stampOf, type TrailHead } from './trail-chain.ts';
import type { ChainFacts } from './chain.ts';
import { readJournalFile } from './journal.ts';
import { readEntry } from './ledger-entries.ts';

export interface VerifiedLedger extends ChainFacts {
  /** The last document that was made for the trail. */
  readonly trail: TrailHead;
  /** The last one before this file was begun: what the file says of earlier ones, it says no more. */
  readonly trailBefore: TrailHead;
  /** Links of the documents that stand in the file, by their numbers. */
  readonly documents: ReadonlyMap<number, string>;
}

/** Throws what opening the file throws. */
export async function verifyLedger(file: string): Promise<VerifiedLedger> {
  let trail = NO_TRAIL;
  let trailBefore = NO_TRAIL;
  const documents = new Map<number, string>();
  const facts = await readJournalFile(file, (raw) => {
    const entry = readEntry(raw);
    if (entry?.kind === 'version' && entry.trail !== undefined) trail = trailBefore = entry.trail;
    if (entry === undefined || !('audit' in entry) || entry.audit === undefined) return;
    const stamp = stampOf(entry.audit);
    if (stamp === undefined) return;
    documents.set(stamp.seq, stamp.link);
    trail = headOf(entry.audit, trail);
  });
  return { ...facts, trail, trailBefore, documents };
}
