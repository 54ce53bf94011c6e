/** Audit documents that wait for the store: bounded in count and bytes, the oldest are given up first. */
import { LIMITS, type Block, type LimitListener } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';

export interface AuditQueue {
  readonly add: (block: Block | undefined) => void;
  readonly forget: (blockIds: readonly string[]) => void;
  /** Oldest first. */
  readonly pending: () => readonly Block[];
}

const MAX_DOCUMENTS = LIMITS.audit_documents.value;
const MAX_BYTES = LIMITS.audit_bytes.value;

export function createAuditQueue(logger: Logger, onLimit?: LimitListener): AuditQueue {
  const waiting = new Map<string, { readonly block: Block; readonly bytes: number }>();
  let totalBytes = 0;
  const drop = (id: string): void => {
    totalBytes -= waiting.get(id)?.bytes ?? 0;
    waiting.delete(id);
  };
  return {
    add(block) {
      if (block === undefined || waiting.has(block.block_id)) return;
      const bytes = JSON.stringify(block).length;
      waiting.set(block.block_id, { block, bytes });
      totalBytes += bytes;
      let dropped = 0;
      while (waiting.size > 1 && (waiting.size > MAX_DOCUMENTS || totalBytes > MAX_BYTES)) {
        drop(waiting.keys().next().value as string);
        dropped += 1;
      }
      if (dropped > 0) {
        onLimit?.('audit_documents', dropped);
        logger.error(
          { dropped, waiting: waiting.size },
          'Audit documents were given up: the store has been away too long',
        );
      }
    },
    forget(blockIds) {
      for (const id of blockIds) drop(id);
    },
    pending: () => [...waiting.values()].map((entry) => entry.block),
  };
}
