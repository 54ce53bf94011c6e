/**
 * Takes audit documents from the ledger to the store, many in one transaction. They are durable in the
 * ledger before, so a store that is away loses none and delays no answer; a document the store refuses for
 * good does not hold up the others.
 */
import { AppError, LIMITS, type Block } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import type { Ledger } from '../ledger/ledger.ts';

export interface AuditTrail {
  /** Writes what waits; resolves to how many still do. Never rejects. Calls at the same time share one round. */
  readonly flush: () => Promise<number>;
}

export interface AuditTrailOptions {
  readonly ledger: Pick<Ledger, 'auditCount' | 'pendingAudit' | 'readAudit' | 'forgetAudit'>;
  readonly store: Pick<Store, 'appendBlocks'>;
  readonly logger: Logger;
}

/** Documents of one transaction. */
const BATCH = LIMITS.audit_batch.value;

export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { ledger, store, logger } = options;
  let round: Promise<number> | undefined;
  let isAway = false;
  let isAsked = false;

  /** The next that wait, but for those that were refused in this round. */
  const next = (refused: ReadonlySet<string>): readonly string[] =>
    ledger
      .pendingAudit(BATCH + refused.size)
      .filter((id) => !refused.has(id))
      .slice(0, BATCH);

  /** Writes them together, or, when one of them is refused for good, each for itself. */
  const writeBatch = async (blocks: readonly Block[]): Promise<readonly string[]> => {
    try {
      await store.appendBlocks(blocks);
      return blocks.map((block) => block.block_id);
    } catch (error) {
      if (blocks.length <= 1 || !isForGood(error)) throw error;
    }
    const written: string[] = [];
    for (const block of blocks)
      try {
        await store.appendBlocks([block]);
        written.push(block.block_id);
      } catch (error) {
        if (!isForGood(error)) throw error;
      }
    return written;
  };

  const write = async (): Promise<number> => {
    const refused = new Set<string>();
    let failure: unknown;
    for (let ids = next(refused); ids.length > 0; ids = next(refused)) {
      const blocks = await ledger.readAudit(ids);
      if (blocks.length === 0) continue; // read again to no avail, and given up
      try {
        const written = new Set(await writeBatch(blocks));
        for (const { block_id: id } of blocks) if (!written.has(id)) refused.add(id);
        if (written.size > 0) await ledger.forgetAudit([...written]);
      } catch (error) {
        failure = error;
        if (!isForGood(error)) break;
        for (const { block_id: id } of blocks) refused.add(id);
      }
    }
    const waiting = ledger.auditCount();
    const isRefused = failure !== undefined || refused.size > 0;
    if (isRefused && !isAway)
      logger.warn({ err: failure, waiting }, 'Audit documents wait for the store');
    if (!isRefused && isAway) logger.info({ waiting }, 'The store takes audit documents');
    isAway = isRefused;
    return waiting;
  };

  const flush = (): Promise<number> => {
    isAsked = round !== undefined;
    round ??= write()
      .catch((err: unknown) => {
        logger.warn({ err }, 'Audit documents could not be written');
        return ledger.auditCount();
      })
      .then((waiting) => {
        round = undefined;
        // Something may have come when the round was over but for its end.
        return isAsked && !isAway && waiting > 0 ? flush() : waiting;
      });
    return round;
  };
  return { flush };
}

function isForGood(error: unknown): boolean {
  return error instanceof AppError && !error.retryable;
}
