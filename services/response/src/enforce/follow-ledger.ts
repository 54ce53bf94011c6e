/**
 * Brings a remote point up to the ledger and keeps it there. It is told what is to be in force for each
 * address that changed, not what happened to it in between: what came and went while the point was down is
 * not told at all, and a change that is told twice does no harm. One call at a time, what waits longest
 * first, beside the answers: they wait for none of it.
 */
import { AppError, backoffMs, LIMITS, messageOf, type IpAddress } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { WantedBlock } from './blocker.ts';
import type { BlockChange, RefusedChange, RemoteBlocker } from './point.ts';
import type { ToldAddresses } from './told-addresses.ts';

export interface FollowerOptions {
  readonly name: string;
  readonly point: RemoteBlocker;
  readonly told: ToldAddresses;
  /** What is to be in force now, all of it. */
  readonly wanted: () => readonly WantedBlock[];
  /** The same of one address. */
  readonly find: (address: IpAddress) => WantedBlock | undefined;
  /** Throws AppError when another process acts by now. */
  readonly assertHeld: () => Promise<void>;
  /** Resolves after the time, or when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly logger: Logger;
}

/** Numbers of the first and the last change that were not told. */
interface Waiting {
  readonly first: number;
  readonly last: number;
}

export interface FollowerState {
  readonly name: string;
  /** It has all that it is to have, as far as is known. */
  readonly ok: boolean;
  /** It has everything up to this change of the ledger. */
  readonly acknowledged: number;
  /** Addresses it has to be told of. */
  readonly behind: number;
  /** In one sentence. */
  readonly state: string;
}

export interface Follower {
  /** A change of the ledger; see BlockListener. */
  readonly note: (address: IpAddress, number: number) => void;
  /** Begins with the whole set. */
  readonly start: () => void;
  /** Asks the point, soon, what it has, and puts right what is not as it is to be. */
  readonly compare: () => void;
  /** What was not told yet is told after the next start; blocks stay. */
  readonly stop: () => Promise<void>;
  readonly state: () => FollowerState;
}

const CHANGES = LIMITS.point_changes.value;
const CALL_MS = LIMITS.point_call_ms.value;
const BACKOFF = { firstMs: 1000, longestMs: LIMITS.point_retry_ms.value };

export function followLedger(options: FollowerOptions): Follower {
  const { name, point, told, logger } = options;
  /** Addresses to be told of, the longest waiting first. */
  const pending = new Map<IpAddress, Waiting>();
  const refused = new Map<IpAddress, string>();
  let lastNumber = 0;
  let isDue = true;
  let hasCompared = false;
  let failures = 0;
  let failure: string | undefined;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let wake = (): void => undefined;

  const call = <Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> =>
    withinLimit(work, stopping.signal, name);
  const mark = (address: IpAddress): void => {
    if (!pending.has(address)) pending.set(address, { first: lastNumber, last: lastNumber });
  };

  /** Marks what is missing there and what nobody wants there. */
  const compare = async (): Promise<void> => {
    const { list } = point;
    const present = list === undefined ? undefined : await call(list);
    if (present !== undefined) await told.add(present);
    const there = new Set(present);
    const before = pending.size;
    // A point that cannot say what it has is told all once.
    const wanted = options.wanted();
    if (present !== undefined || !hasCompared)
      for (const { address } of wanted) if (!there.has(address)) mark(address);
    const wantedAddresses = new Set(wanted.map(({ address }) => address));
    for (const address of told.all()) if (!wantedAddresses.has(address)) mark(address);
    for (const address of refused.keys()) mark(address);
    refused.clear();
    if (hasCompared && pending.size > before)
      logger.warn({ point: name, changes: pending.size - before }, 'A remote point is put right');
    hasCompared = true;
    isDue = false;
  };

  const nextChanges = (): readonly BlockChange[] => {
    const changes: BlockChange[] = [];
    for (const address of pending.keys()) {
      if (changes.length >= CHANGES) break;
      const block = options.find(address);
      if (block !== undefined)
        changes.push({ kind: told.has(address) ? 'renew' : 'add', address, msLeft: block.msLeft });
      else if (told.has(address)) changes.push({ kind: 'lift', address });
      else pending.delete(address); // it came and went before anybody was told
    }
    return changes;
  };

  const tell = async (): Promise<void> => {
    const changes = nextChanges();
    if (changes.length === 0) return;
    const taken = changes.map(({ address }) => pending.get(address)?.last ?? 0);
    await told.add(changes.filter(({ kind }) => kind === 'add').map(({ address }) => address));
    const refusals = reasonsOf(await call((signal) => point.apply(changes, signal)));
    for (const [index, { address }] of changes.entries()) {
      const { last } = pending.get(address) as Waiting;
      const number = taken[index] as number;
      pending.delete(address);
      if (last !== number) pending.set(address, { first: number + 1, last }); // it changed meanwhile
      const reason = refusals.get(address);
      if (reason === undefined) refused.delete(address);
      else refused.set(address, reason);
    }
    if (refusals.size > 0)
      logger.error(
        { point: name, refused: refusals.size, reason: [...refusals.values()][0] },
        'A remote point refuses blocks',
      );
    // What it refused to lift is there.
    const isFree = ({ kind, address }: BlockChange): boolean =>
      kind === 'lift' ? !refusals.has(address) : kind === 'add' && refusals.has(address);
    await told.remove(changes.filter(isFree).map(({ address }) => address));
  };

  const step = async (): Promise<void> => {
    try {
      await options.assertHeld();
      await (isDue ? compare() : tell());
      if (failure !== undefined) logger.info({ point: name }, 'A remote point answers again');
      failures = 0;
      failure = undefined;
    } catch (err) {
      if (stopping.signal.aborted) return;
      const reason = messageOf(err);
      const isNews = reason !== failure && !isLeaseLost(err);
      if (isNews) logger.error({ err, point: name }, 'A remote point could not be told');
      failure = reason;
      failures += 1;
      await options.pause(backoffMs(failures, BACKOFF), stopping.signal);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (isDue || pending.size > 0) await step();
      else await new Promise<void>((resolve) => (wake = resolve));
      // What woke us is an answer under way: it goes first.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  return {
    note(address, number) {
      lastNumber = number;
      pending.set(address, { first: pending.get(address)?.first ?? number, last: number });
      wake();
    },
    start: () => void (running ??= run()),
    compare() {
      isDue = true;
      wake();
    },
    async stop() {
      stopping.abort();
      wake();
      await running;
      await told.close();
    },
    state() {
      let acknowledged = hasCompared ? lastNumber : 0;
      for (const { first } of pending.values())
        acknowledged = Math.min(acknowledged, Math.max(0, first - 1));
      const behind = pending.size;
      const [reason] = refused.values();
      return {
        name,
        ok: hasCompared && failure === undefined && reason === undefined,
        acknowledged,
        behind,
        state: describeState({ name, behind, failure, hasCompared, refused: refused.size, reason }),
      };
    },
  };
}

function describeState(facts: {
  readonly name: string;
  readonly behind: number;
  readonly failure: string | undefined;
  readonly hasCompared: boolean;
  readonly refused: number;
  readonly reason: string | undefined;
}): string {
  const { name, behind, failure, refused } = facts;
  const waiting = behind === 0 ? '' : ` (${count(behind, 'change waits', 'changes wait')})`;
  if (failure !== undefined) return `${name} cannot be told${waiting}: ${failure}`;
  if (!facts.hasCompared) return `${name} is not compared with the ledger yet`;
  if (facts.reason !== undefined)
    return `${name} refuses ${count(refused, 'change', 'changes')}${waiting}: ${facts.reason}`;
  return behind === 0 ? `${name} has every block` : `${name} is being told${waiting}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function reasonsOf(refusals: readonly RefusedChange[]): ReadonlyMap<IpAddress, string> {
  return new Map(refusals.map(({ address, reason }) => [address, reason]));
}

/** It is found out and said when the lease is looked at next. */
function isLeaseLost(error: unknown): boolean {
  return error instanceof AppError && error.code === 'LEASE_LOST';
}

/** Gives up when it takes too long or is stopped, also on work that heeds no signal. Throws AppError. */
async function withinLimit<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  stopping: AbortSignal,
  name: string,
): Promise<Result> {
  const calling = new AbortController();
  const givenUp = new Promise<never>((_resolve, reject) => {
    calling.signal.addEventListener('abort', () =>
      reject(
        new AppError('POINT_FAILED', `Cannot tell ${name}: no answer within ${CALL_MS} ms`, {
          retryable: true,
        }),
      ),
    );
  });
  const abort = (): void => calling.abort();
  const timer = setTimeout(abort, CALL_MS).unref();
  stopping.addEventListener('abort', abort, { once: true });
  if (stopping.aborted) abort();
  try {
    return await Promise.race([work(calling.signal), givenUp]);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', abort);
  }
}
