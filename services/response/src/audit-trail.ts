/**
 * Takes audit documents from the ledger to the store, in their order. They are durable in the ledger
 * before, so a store that is away loses none and delays no answer; a document the store refuses for good
 * does not hold up the others.
 */
import { AppError } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import type { Ledger } from './ledger.ts';

export interface AuditTrail {
  /** Writes what waits; resolves to how many still do. Never rejects. Calls at the same time share one round. */
  readonly flush: () => Promise<number>;
}

export interface AuditTrailOptions {
  readonly ledger: Pick<Ledger, 'pendingAudit' | 'forgetAudit'>;
  readonly store: Pick<Store, 'appendBlock'>;
  readonly logger: Logger;
}

/** Documents a round looks at; it ends early when the store is away. */
const ROUND = 500;

export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { ledger, store, logger } = options;
  let round: Promise<number> | undefined;
  let isAway = false;

  const write = async (): Promise<number> => {
    const written: string[] = [];
    let refused: unknown;
    for (const block of ledger.pendingAudit().slice(0, ROUND)) {
      try {
        await store.appendBlock(block);
        written.push(block.block_id);
      } catch (error) {
        refused = error;
        if (!(error instanceof AppError) || error.retryable) break;
      }
    }
    if (written.length > 0) await ledger.forgetAudit(written);
    const waiting = ledger.pendingAudit().length;
    if (refused !== undefined && !isAway)
      logger.warn({ err: refused, waiting }, 'Audit documents wait for the store');
    if (refused === undefined && isAway)
      logger.info({ waiting }, 'The store takes audit documents');
    isAway = refused !== undefined;
    return waiting;
  };

  return {
    flush() {
      round ??= write()
        .catch((err: unknown) => {
          logger.warn({ err }, 'Audit documents could not be written');
          return ledger.pendingAudit().length;
        })
        .finally(() => {
          round = undefined;
        });
      return round;
    },
  };
}
