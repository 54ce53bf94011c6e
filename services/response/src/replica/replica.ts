/**
 * One of several processes on a data folder. It holds the lease and acts, or stands by and takes over
 * when the lease gets free. Each holder has a ledger file of its own, begun as a copy of the last one,
 * so that a holder that comes back from a pause cannot write into what the next one uses.
 */
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError, messageOf, UsageError } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { ActiveResponse } from '../active-response.ts';
import { epochText, openLease } from './lease.ts';

export interface ReplicaOptions {
  readonly directory: string;
  /** Where the others reach this process. */
  readonly url: string;
  readonly openActiveResponse: (
    fileName: string,
    assertHeld: () => Promise<void>,
  ) => Promise<ActiveResponse>;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
}

export interface Replica {
  /** Undefined while another one acts. */
  readonly active: () => ActiveResponse | undefined;
  /** The active response when it may act now; one that may not any more is given up. */
  readonly confirmedActive: () => Promise<ActiveResponse | undefined>;
  /** Where the holder is reached, when that is another one. */
  readonly holderUrl: () => string | undefined;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const RENEWAL_MS = 1000;
/** Four renewals: a busy machine leaves out one or two. */
const PATIENCE_MS = 4000;
const LEDGER = /^ledger\.(\d{12})\.ndjson$/;

/** Throws UsageError when the folder cannot be used. */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const { directory, logger } = options;
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw new UsageError(`Cannot create the data folder "${directory}": ${messageOf(cause)}`, {
      cause,
    });
  });
  const lease = await openLease({
    directory: path.join(directory, 'lease'),
    url: options.url,
    patienceMs: PATIENCE_MS,
    monotonicMs: options.monotonicMs,
  });
  let active: ActiveResponse | undefined;
  let timer: NodeJS.Timeout | undefined;
  let turning: Promise<void> | undefined;

  const giveUp = async (): Promise<void> => {
    const old = active;
    active = undefined;
    if (old === undefined) return;
    logger.warn({ holder: lease.holderUrl() }, 'Another process has taken over the lease');
    await old.abandon();
  };
  const isHeld = async (): Promise<boolean> => {
    try {
      await lease.assertHeld();
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'LEASE_LOST') return false;
      throw error;
    }
  };
  const takeOver = async (): Promise<void> => {
    const ledgers = await ledgerEpochs(directory);
    const epoch = await lease.tryToTake((ledgers[0] ?? 0) + 1);
    if (epoch === undefined) return;
    try {
      const fileName = await inheritLedger(directory, epoch);
      const taken = await options.openActiveResponse(fileName, lease.assertHeld);
      await taken.start().catch(async (error: unknown) => {
        await taken.abandon();
        throw error;
      });
      active = taken;
      await removeOldLedgers(directory, epoch);
      logger.info({ epoch }, 'This process holds the lease');
    } catch (error) {
      await lease.release().catch(() => undefined);
      throw error;
    }
  };
  const turn = async (): Promise<void> => {
    if (active === undefined) return takeOver();
    if (await isHeld()) return lease.renew();
    return giveUp();
  };
  const next = (): Promise<void> => {
    turning ??= turn().finally(() => {
      turning = undefined;
    });
    return turning;
  };
  return {
    active: () => active,
    async confirmedActive() {
      if (active !== undefined && !(await isHeld())) await giveUp();
      return active;
    },
    holderUrl() {
      const url = lease.holderUrl();
      return url === options.url ? undefined : url;
    },
    async start() {
      await next();
      timer ??= setInterval(() => {
        next().catch((err: unknown) => {
          logger.error({ err }, 'The lease could not be renewed or taken');
        });
      }, RENEWAL_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      await turning?.catch(() => undefined);
      const old = active;
      active = undefined;
      await old?.stop();
      await lease.release().catch((err: unknown) => {
        logger.warn({ err }, 'The lease could not be released; the next holder waits for its end');
      });
    },
  };
}

/** Highest first. */
async function ledgerEpochs(directory: string): Promise<readonly number[]> {
  return (await readdir(directory))
    .flatMap((name) => LEDGER.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => b - a);
}

const ledgerName = (epoch: number) => `ledger.${epochText(epoch)}.ndjson`;

/** A copy of the last ledger under the name of this epoch; that of a process on its own comes first. */
async function inheritLedger(directory: string, epoch: number): Promise<string> {
  const [last] = await ledgerEpochs(directory);
  const source = path.join(directory, last === undefined ? 'ledger.ndjson' : ledgerName(last));
  const target = path.join(directory, ledgerName(epoch));
  const partial = `${target}.tmp`;
  try {
    await copyFile(source, partial);
  } catch (error) {
    const isNew = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (last === undefined && isNew) return ledgerName(epoch);
    throw error;
  }
  const handle = await open(partial, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, target);
  return ledgerName(epoch);
}

/** The ledger a process on its own goes on with: the last one, also when replicas wrote it. */
export async function lastLedger(directory: string): Promise<string | undefined> {
  const [last] = await ledgerEpochs(directory).catch(() => []);
  return last === undefined ? undefined : ledgerName(last);
}

async function removeOldLedgers(directory: string, epoch: number): Promise<void> {
  for (const old of await ledgerEpochs(directory))
    if (old < epoch) await rm(path.join(directory, ledgerName(old)), { force: true });
}
