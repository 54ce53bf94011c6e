/**
 * What acts: the ledger, decisions, the firewall, the audit trail and the clock that ends blocks. Of
 * several processes on one folder only the holder of the lease is active.
 */
import path from 'node:path';
import { AppError, LIMITS, messageOf, type Block, type LimitListener } from '@mini-soc/model';
import { pause, type Logger } from '@mini-soc/service-kit';
import { toDamage } from './respond/audit-documents.ts';
import { createAuditTrail } from './respond/audit-trail.ts';
import {
  compareWithTrail,
  completeTrail,
  type ComparisonOptions,
  type TrailStore,
} from './respond/compare-with-trail.ts';
import { verifyAudit } from './respond/verify-audit.ts';
import { createBreaker, type Breaker } from './decide/breaker.ts';
import type { ResponsePolicy } from './decide/decide.ts';
import { openLedger, type Ledger } from './ledger/ledger.ts';
import type { ResponseMetrics } from './metrics.ts';
import { createResponder, type Responder } from './respond/respond.ts';
import { createRotatingLog } from './respond/rotating-log.ts';
import type { FollowerState } from './enforce/follow-ledger.ts';
import { openFollowers, type OpenedPoint } from './enforce/open-followers.ts';
import type { WatchedBlocker } from './enforce/watch-blocker.ts';
import { createBlockFeed } from './ledger/block-feed.ts';

export interface ActiveResponseOptions {
  readonly directory: string;
  /** Of the ledger, in the folder. */
  readonly fileName?: string;
  readonly store: TrailStore;
  readonly blocker: WatchedBlocker;
  /** Remote points, which follow the ledger. */
  readonly remotePoints: readonly OpenedPoint[];
  /** Without the allow list that people keep at run time. */
  readonly policy: () => ResponsePolicy;
  /** Reads again what the policy remembers of this machine. */
  readonly refresh: () => void;
  readonly metrics: ResponseMetrics;
  readonly onLimit: LimitListener;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  readonly boot: string | undefined;
  readonly logger: Logger;
  /** Throws AppError, retryable, when another process acts by now. */
  readonly assertHeld: () => Promise<void>;
  /** See LedgerOptions. */
  readonly onNoSpace?: () => Promise<boolean>;
}

export interface ActiveResponse {
  readonly ledger: Ledger;
  readonly responder: Responder;
  /** Which rules are held back. */
  readonly breaker: Breaker;
  /** Puts a document into the trail. Throws AppError, retryable. */
  readonly note: (document: Block) => Promise<void>;
  /** How far the remote points are. */
  readonly followers: () => readonly FollowerState[];
  /** What ledger and audit trail differed in at the start, for an hour; a sentence each. */
  readonly differences: () => readonly string[];
  /** Lifts what expired or became protected meanwhile, makes the firewall equal, then watches the time. */
  readonly start: () => Promise<void>;
  /** Everything is written; blocks stay in the firewall. */
  readonly stop: () => Promise<void>;
  /** Another process acts by now: nothing more is written. */
  readonly abandon: () => Promise<void>;
}

/** Lines of the alert log that wait for a full disk. */
const UNWRITTEN_ALERTS = 1000;
const TICK_MS = 1000;
const RECONCILE_MS = LIMITS.reconcile_ms.value;
const POINT_COMPARE_MS = LIMITS.point_compare_ms.value;
/** Ledger and trail are compared once; a store that is away is asked again. */
const COMPARE_MS = 5000;
const SHOWN_MS = 3_600_000;

const SETTLE_MS = 1500;
const NO_END = new AbortController().signal;

/** Until a store shows what it took. */
export const settleStore = (): Promise<void> => pause(SETTLE_MS, NO_END, { ref: false });

/** Throws UsageError when the ledger cannot be opened. */
export async function openActiveResponse(options: ActiveResponseOptions): Promise<ActiveResponse> {
  const { now, logger, metrics, blocker, fileName = 'ledger.ndjson' } = options;
  const feed = createBlockFeed();
  const ledger = await openLedger({
    directory: options.directory,
    fileName,
    earlierBlocksMs: options.policy().maxBlockDurationMs,
    assertHeld: options.assertHeld,
    ...(options.onNoSpace === undefined ? {} : { onNoSpace: options.onNoSpace }),
    now,
    monotonicMs: options.monotonicMs,
    boot: options.boot,
    logger,
    onLimit: options.onLimit,
    ...(options.remotePoints.length === 0 ? {} : { onBlockChange: feed.tell }),
  });
  await reportDamage(ledger, fileName, now(), logger);
  const followers = await openFollowers({
    points: options.remotePoints,
    directory: options.directory,
    fileName,
    ledger,
    feed,
    assertHeld: options.assertHeld,
    onLimit: options.onLimit,
    logger,
  });
  const log = (name: string, keepUnwritten = 0) =>
    createRotatingLog({
      file: path.join(options.directory, name),
      keepUnwritten,
      ...(options.onNoSpace === undefined ? {} : { onNoSpace: options.onNoSpace }),
      maxBytes: LIMITS.log_bytes.value,
      keep: LIMITS.logs_kept.value,
      onLimit: options.onLimit,
    });
  const auditTrail = createAuditTrail({ ledger, store: options.store, logger });
  const breaker = createBreaker({
    now,
    monotonicMs: options.monotonicMs,
    onOpen: ({ rule_name: rule, addresses }) => {
      options.onLimit('collateral_addresses');
      logger.error(
        { rule, addresses },
        'A rule is held back: it asked to block those we live with',
      );
    },
  });
  const responder = createResponder({
    breaker,
    ledger,
    blocker,
    auditTrail,
    policy: () => {
      const policy = options.policy();
      return { ...policy, allowlist: [...policy.allowlist, ...ledger.allowed()] };
    },
    alertLog: log('alerts.ndjson', UNWRITTEN_ALERTS),
    ticketLog: log('tickets.ndjson'),
    metrics,
    now,
    logger,
    assertHeld: options.assertHeld,
  });

  const reconcile = async (): Promise<void> => {
    options.refresh();
    const lifted = await responder.liftProtected();
    if (lifted.length > 0)
      logger.warn({ lifted: lifted.length }, 'Blocks on protected addresses were lifted');
    const { applied, removed, rebuilt } = await responder.reconcile();
    if (applied > 0 || removed > 0 || rebuilt)
      logger.warn({ applied, removed, rebuilt }, 'The firewall was made equal to the ledger');
  };
  /** The same complaint is logged once, until it is over. */
  let complaint: string | undefined;
  const attempt = async (work: () => Promise<unknown>, failed: string): Promise<void> => {
    try {
      await work();
      if (complaint?.startsWith(failed) === true) complaint = undefined;
    } catch (err) {
      // It is found out and said when the lease is looked at next.
      if (err instanceof AppError && err.code === 'LEASE_LOST') return;
      const present = `${failed}: ${messageOf(err)}`;
      if (present !== complaint) logger.error({ err }, failed);
      complaint = present;
    }
  };
  const liftExpired = () =>
    attempt(() => responder.liftExpired('Its time was over'), 'Expired blocks could not be lifted');

  let differences: readonly string[] = [];
  let shownUntilMs = 0;
  /** What is left to do of it, one step at a time. */
  let comparisons = [compareWithTrail, completeTrail, reportBreak];
  let isStopping = false;
  let comparing: Promise<void> | undefined;
  const compare = (): Promise<void> => {
    comparing ??= compareOnce().finally(() => {
      comparing = undefined;
    });
    return comparing;
  };
  const compareOnce = (): Promise<void> =>
    attempt(async () => {
      const [step, ...rest] = comparisons;
      if (step === undefined) return;
      const found = await step({
        ledger,
        responder,
        auditTrail,
        store: options.store,
        maxBlockDurationMs: options.policy().maxBlockDurationMs,
        now,
        isStopping: () => isStopping,
        logger,
      });
      if (isStopping) return;
      comparisons = rest;
      differences = [...differences, ...found];
      shownUntilMs = options.monotonicMs() + SHOWN_MS;
    }, 'Ledger and audit trail could not be compared yet');

  let timers: readonly NodeJS.Timeout[] = [];
  const underWay = new Set<Promise<unknown>>();
  /** Calls the work at its times; a time that comes while it is still under way is left out. */
  const every = (ms: number, work: () => Promise<unknown>): NodeJS.Timeout => {
    let isBusy = false;
    return setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      const done = work().finally(() => {
        isBusy = false;
        underWay.delete(done);
      });
      underWay.add(done);
    }, ms).unref();
  };
  const halt = async (): Promise<void> => {
    isStopping = true;
    for (const timer of timers) clearInterval(timer);
    await Promise.all(underWay);
    await responder.settle();
    await followers.stop();
  };
  return {
    ledger,
    responder,
    breaker,
    async note(document) {
      await ledger.addAudit(document);
      void auditTrail.flush();
    },
    followers: followers.states,
    differences: () => (options.monotonicMs() < shownUntilMs ? differences : []),
    async start() {
      await attempt(ledger.noteClocks, 'The clocks could not be noted');
      await whenFirewallObeys(logger, () =>
        responder.liftExpired('It ended while the service was down'),
      );
      await whenFirewallObeys(logger, reconcile);
      timers = [
        every(TICK_MS, async () => {
          await attempt(ledger.noteClocks, 'The clocks could not be noted');
          await liftExpired();
          if (ledger.auditCount() > 0) await auditTrail.flush();
        }),
        every(COMPARE_MS, compare),
        every(RECONCILE_MS, () =>
          attempt(reconcile, 'The firewall could not be made equal to the ledger'),
        ),
        every(POINT_COMPARE_MS, async () => followers.compare()),
      ];
      followers.start();
      // Beside the answers: a block never waits for the store.
      underWay.add(compare());
    },
    async stop() {
      await halt();
      await auditTrail.flush();
      await ledger.close();
    },
    async abandon() {
      await halt();
      await ledger.close();
    },
  };
}

/** Whether the trail is what was written, at the start; the ledger's own break has been said by then. */
async function reportBreak({
  ledger,
  store,
  logger,
}: ComparisonOptions): Promise<readonly string[]> {
  const { trail } = await verifyAudit({ ledger, store, settle: settleStore });
  if (trail.unread !== undefined || trail.first_break === undefined) return [];
  logger.error({ problem: trail.first_break }, 'The audit trail was changed');
  return [trail.first_break];
}

/** A firewall that does not obey is tried again on the timer; all else is a failed start. */
async function whenFirewallObeys(logger: Logger, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (err) {
    if (!(err instanceof AppError) || err.code !== 'FIREWALL_FAILED') throw err;
    logger.error({ err }, 'The firewall does not obey at the start');
  }
}

/** Damage goes to the log and, once, to the audit trail. */
async function reportDamage(
  ledger: Ledger,
  fileName: string,
  at: Date,
  logger: Logger,
): Promise<void> {
  const { head, entries, unlinked } = ledger.chain();
  logger.info({ file: fileName, head, entries, unlinked }, 'The ledger is open: head of its chain');
  const isSaid = ledger.problems.length > 0;
  const broken = isSaid || ledger.openedBreak === undefined ? [] : [ledger.openedBreak];
  for (const problem of [...ledger.problems, ...broken]) {
    logger.error({ problem }, 'The ledger is damaged');
    await ledger.addAudit(toDamage(problem, at, { kept_as: `${fileName}.damaged` }));
  }
}
