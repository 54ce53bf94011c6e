/**
 * Audit documents that wait for the store. They stand in the ledger, so memory holds the last few
 * megabytes only, and of the others where they stand: however many wait, none is given up for memory.
 * What was blocked or freed goes before what was refused.
 */
import { LIMITS, type Block, type LimitListener } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Place } from './journal-lines.ts';

export interface WaitingAudit {
  readonly blockId: string;
  readonly place: Place;
  /** Undefined: it is to be read from its place. */
  readonly block: Block | undefined;
}

export interface AuditQueue {
  readonly add: (block: Block | undefined, place: Place) => void;
  readonly forget: (blockIds: readonly string[]) => void;
  /** The ledger was rewritten, and the document stands elsewhere. */
  readonly move: (blockId: string, place: Place) => void;
  /** In the order in which they are to be written; at most so many. */
  readonly waiting: (size?: number) => readonly WaitingAudit[];
  /** Those of these ids that wait. */
  readonly find: (blockIds: readonly string[]) => readonly WaitingAudit[];
  readonly count: () => number;
}

const MAX_DOCUMENTS = LIMITS.audit_documents.value;
const MAX_MEMORY_BYTES = LIMITS.audit_bytes.value;
/** What is waited for least. */
const LATER: readonly Block['kind'][] = ['refused', 'ticketed'];

export function createAuditQueue(logger: Logger, onLimit: LimitListener): AuditQueue {
  const first = new Map<string, WaitingAudit>();
  const later = new Map<string, WaitingAudit>();
  let memoryBytes = 0;
  const get = (id: string) => first.get(id) ?? later.get(id);
  const drop = (id: string): void => {
    const present = get(id);
    if (present?.block !== undefined) memoryBytes -= present.place.bytes;
    first.delete(id);
    later.delete(id);
  };
  const count = (): number => first.size + later.size;
  return {
    add(block, place) {
      if (block === undefined || get(block.block_id) !== undefined) return;
      const isHeld = memoryBytes + place.bytes <= MAX_MEMORY_BYTES;
      if (isHeld) memoryBytes += place.bytes;
      const queue = LATER.includes(block.kind) ? later : first;
      queue.set(block.block_id, {
        blockId: block.block_id,
        place,
        block: isHeld ? block : undefined,
      });
      if (count() <= MAX_DOCUMENTS) return;
      drop((later.size > 0 ? later : first).keys().next().value as string);
      onLimit('audit_documents');
      logger.error(
        { waiting: count() },
        'An audit document was given up: the store has been away too long',
      );
    },
    forget(blockIds) {
      for (const id of blockIds) drop(id);
    },
    move(blockId, place) {
      const queue = first.has(blockId) ? first : later;
      const present = queue.get(blockId);
      if (present === undefined) return;
      if (present.block !== undefined) memoryBytes += place.bytes - present.place.bytes;
      queue.set(blockId, { ...present, place });
    },
    waiting(size = Number.POSITIVE_INFINITY) {
      const found: WaitingAudit[] = [];
      for (const queue of [first, later])
        for (const audit of queue.values()) {
          if (found.length >= size) return found;
          found.push(audit);
        }
      return found;
    },
    find: (blockIds) => blockIds.flatMap((id) => get(id) ?? []),
    count,
  };
}
