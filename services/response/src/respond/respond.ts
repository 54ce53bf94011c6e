/**
 * Answers alerts: decide, block, write down. The order keeps promises over a crash: the blocker is told
 * first and idempotently, tickets and the ledger are durable before the answer goes out, the audit trail
 * follows from the ledger. Whatever fails is repeated by the sender, and the ledger remembers what was
 * answered. Many alerts are answered as one, in their order: one call of the firewall, one write.
 */
import { LIMITS, messageOf, type Alert, type Decision, type IpAddress } from '@mini-soc/model';
import { withTimeLimit, type Logger } from '@mini-soc/service-kit';
import type { Doer } from './act-documents.ts';
import { toBlock, toEnd } from './audit-documents.ts';
import { actionOf, needsSync } from './draft-facts.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { StandingBlock } from '../ledger/block-table.ts';
import type { Blocker, Reconciled, WantedBlock } from '../enforce/blocker.ts';
import { wantedBlocks } from '../enforce/wanted-blocks.ts';
import { decideBatch, type Draft } from '../decide/decide-batch.ts';
import type { Breaker } from '../decide/breaker.ts';
import type { ResponsePolicy } from '../decide/decide.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { answerKey } from '../ledger/ledger-state.ts';
import { MAX_BLOCKS, refusalOf } from '../decide/may-block.ts';
import type { ResponseMetrics } from '../metrics.ts';
import type { RotatingLog } from './rotating-log.ts';

/** Of a line of the alert log and of the ticket log: `format`, so that a reader can tell later ones. */
const LOG_FORMAT = 1;

export interface ResponderOptions {
  readonly ledger: Ledger;
  readonly blocker: Blocker;
  readonly auditTrail: AuditTrail;
  readonly policy: () => ResponsePolicy;
  readonly breaker: Breaker;
  readonly alertLog: RotatingLog;
  readonly ticketLog: RotatingLog;
  readonly metrics: ResponseMetrics;
  readonly now: () => Date;
  readonly logger: Logger;
  /** Throws AppError, retryable, when another process acts in our place by now. */
  readonly assertHeld: () => Promise<void>;
}

/** `kept`: the decision is withdrawn, another one still blocks the address. */
export type Unblocked = 'absent' | 'lifted' | 'kept';

/** One call after the other: a second request for the same alert sees the first one's answer. */
export interface Responder {
  /** Throws AppError, retryable, when the answer could not be made durable. */
  readonly respond: (alert: Alert) => Promise<Decision>;
  /**
   * As `respond` for each of them in their order, with one write for many; an answer for each. Single
   * alerts are answered in between. Throws AppError, retryable: some may be answered then, and are
   * answered in the same way when they come again.
   */
  readonly respondAll: (alerts: readonly Alert[]) => Promise<readonly Decision[]>;
  /** Ends all decisions on an address, or one of them. */
  readonly unblock: (
    address: IpAddress,
    why: string,
    decisionId?: string,
    doer?: Doer,
  ) => Promise<Unblocked>;
  /**
   * Takes blocks into the ledger again that it lacks, with the time that is left; not those on addresses
   * that are protected by now. Returns those that were taken.
   */
  readonly restore: (blocks: readonly RestoredBlock[]) => Promise<readonly RestoredBlock[]>;
  /** Lifts what has expired; returns the number. */
  readonly liftExpired: (why: string) => Promise<number>;
  /** Lifts blocks on addresses that are protected by now; returns the addresses. */
  readonly liftProtected: () => Promise<readonly IpAddress[]>;
  /** Ends all blocks and removes what is ours from the firewall; returns the number of blocks. */
  readonly unblockAll: (why: string, doer?: Doer) => Promise<number>;
  /** Makes the firewall equal to the ledger. */
  readonly reconcile: () => Promise<Reconciled>;
  /** Resolves when the calls so far are done, and in the log of alerts. */
  readonly settle: () => Promise<void>;
}

export interface RestoredBlock {
  readonly address: IpAddress;
  readonly decision: Decision;
  readonly ageMs: number;
  /** More than 0. */
  readonly msLeft: number;
}

const BATCH = LIMITS.respond_batch.value;
/** How long a person who lifts a block waits at most until the store has it as well. */
const TRAIL_PATIENCE_MS = 1000;
/** Answers that could not be recorded and are remembered for the log; the oldest go first. */
const UNRECORDED = 10_000;

export function createResponder(options: ResponderOptions): Responder {
  const { ledger, blocker, now, logger, metrics } = options;
  let queue: Promise<unknown> = Promise.resolve();
  let logged: Promise<void> = Promise.resolve();
  /** In the log of alerts and not in the ledger: what is repeated for them is not logged again. */
  const unrecorded = new Set<string>();
  const inOrder = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = queue.then(options.assertHeld).then(work);
    queue = next.catch(() => undefined);
    return next;
  };

  const answerAll = async (alerts: readonly Alert[]): Promise<readonly Decision[]> => {
    const { answers, drafts, deferred } = decideBatch(alerts, {
      ledger,
      policy: options.policy(),
      breaker: options.breaker,
      at: now(),
      isSimulated: blocker.isSimulated,
    });
    for (const { decision, verdict } of deferred) metrics.observeDecision(decision, verdict);
    if (drafts.length > 0) await carryOut(drafts);
    return answers;
  };

  const carryOut = async (drafts: readonly Draft[]): Promise<void> => {
    const actions = await enforceAll(blocksOf(drafts));
    logged = logAlerts(
      drafts.filter(({ alert }) => !unrecorded.delete(answerKey(alert.alert_id, alert.severity))),
    );
    try {
      await writeTickets(drafts);
      await ledger.record(
        drafts.map((draft) => ({
          decision: draft.decision,
          audit: toBlock(draft.alert, draft.decision, actionOf(draft, actions), draft.isExtended),
        })),
        drafts.some(needsSync),
      );
    } catch (error) {
      for (const { alert } of drafts) unrecorded.add(answerKey(alert.alert_id, alert.severity));
      for (const key of unrecorded) {
        if (unrecorded.size <= UNRECORDED) break;
        unrecorded.delete(key);
      }
      await takeBack(drafts);
      throw error;
    }
    for (const { alert, decision, verdict } of drafts) {
      metrics.observeDecision(decision, verdict);
      logger.info(
        { alertId: alert.alert_id, rule: decision.rule_name, outcome: decision.outcome },
        'Alert answered',
      );
    }
    void options.auditTrail.flush();
  };

  /** Nobody may be blocked without the ledger knowing it; whoever acts by now sees to that himself. */
  const takeBack = async (drafts: readonly Draft[]): Promise<void> => {
    const fresh = [...blocksOf(drafts).keys()].filter(
      (address) => ledger.blocks.find(address) === undefined,
    );
    const isHeld = await options.assertHeld().then(
      () => true,
      () => false,
    );
    if (fresh.length > 0 && isHeld)
      await blocker.unblock(fresh).catch((err: unknown) => {
        logger.error({ err }, 'A block that could not be recorded was not lifted');
      });
  };

  /** The longest of each address: a new decision never shortens a block. */
  const blocksOf = (drafts: readonly Draft[]): ReadonlyMap<IpAddress, number> => {
    const longest = new Map<IpAddress, number>();
    for (const { verdict, decision } of drafts) {
      if (verdict.outcome !== 'blocked') continue;
      const { address, untilMs } = verdict;
      const before = longest.get(address) ?? ledger.blocks.find(address)?.msLeft ?? 0;
      longest.set(address, Math.max(untilMs - Date.parse(decision.since), before));
    }
    return longest;
  };

  const wanted = (): readonly WantedBlock[] => wantedBlocks(ledger.blocks);

  /**
   * When the firewall refuses because somebody changed what is ours, that is put right first. What was
   * done for each address.
   */
  const enforceAll = async (
    blocks: ReadonlyMap<IpAddress, number>,
  ): Promise<ReadonlyMap<IpAddress, string>> => {
    const list = [...blocks].map(([address, msLeft]): WantedBlock => ({ address, msLeft }));
    const [first] = list;
    if (first === undefined) return new Map();
    const apply = async (): Promise<readonly string[]> =>
      list.length === 1
        ? [await blocker.block(first.address, first.msLeft)]
        : blocker.blockAll(list);
    const actions = await apply().catch(async (err: unknown) => {
      logger.warn({ err }, 'The firewall refused a block; it is compared with the ledger');
      await blocker.reconcile(wanted());
      return apply();
    });
    return new Map(list.map(({ address }, index) => [address, actions[index] ?? '']));
  };

  /** The log of alerts must not hold up a block: it is written beside the ledger. */
  const logAlerts = async (drafts: readonly Draft[]): Promise<void> => {
    if (drafts.length === 0) return;
    await options.alertLog
      .append(drafts.map(({ alert, decision }) => ({ ...alert, decision, format: LOG_FORMAT })))
      .catch((err: unknown) => {
        metrics.observeLogFailure(drafts.length);
        logger.error({ err }, 'The alert log could not be written');
      });
  };

  /** A ticket is the answer, so it must be written. */
  const writeTickets = async (drafts: readonly Draft[]): Promise<void> => {
    const tickets = drafts
      .filter(({ decision }) => decision.outcome === 'ticketed')
      .map(({ alert, decision }) => {
        const { summary, evidence, usernames, hostnames, commands } = alert.details;
        const details = { summary, usernames, hostnames, commands, evidence };
        return { ...decision, details, format: LOG_FORMAT };
      });
    if (tickets.length > 0) await options.ticketLog.append(tickets);
  };

  const lift = async (
    blocks: readonly StandingBlock[],
    kind: 'unblocked' | 'expired',
    why: string,
    doer?: Doer,
  ): Promise<void> => {
    if (blocks.length === 0) return;
    const actions = await blocker.unblock(blocks.map((present) => present.address));
    const at = now();
    await ledger.end(
      blocks.map(({ address, decision, decisions }, index) => ({
        address,
        audit: toEnd(decision, kind, actions[index] ?? '', why, at, decisions, doer),
      })),
    );
    metrics.observeLifted(kind, blocks.length);
    void options.auditTrail.flush();
  };

  /** Ends one of several decisions: the block goes on as long as the longest of the others. */
  const withdraw = async (
    present: StandingBlock,
    decision: Decision,
    why: string,
    doer?: Doer,
  ): Promise<Unblocked> => {
    const rest = present.decisions.filter((one) => one !== decision);
    if (rest.length === 0) {
      await lift([present], 'unblocked', why, doer);
      return 'lifted';
    }
    const action = 'One decision was withdrawn, another one still blocks the address';
    await ledger.end([
      {
        address: present.address,
        audit: toEnd(decision, 'unblocked', action, why, now(), [decision], doer),
        decisionId: decision.decision_id,
      },
    ]);
    const left = ledger.blocks.find(present.address);
    if (left === undefined) await blocker.unblock([present.address]);
    else await enforceAll(new Map([[left.address, left.msLeft]]));
    void options.auditTrail.flush();
    return left === undefined ? 'lifted' : 'kept';
  };

  /** What a person lifted must not come back from a store that does not know it, so it is told at once. */
  const tellStore = async (): Promise<void> => {
    await withTimeLimit(options.auditTrail.flush(), TRAIL_PATIENCE_MS, 'It takes long').catch(
      (err: unknown) => logger.debug({ reason: messageOf(err) }, 'The store is told later'),
    );
  };

  return {
    respond: (alert) => inOrder(async () => (await answerAll([alert]))[0] as Decision),
    async respondAll(alerts) {
      const answers: Decision[] = [];
      for (let from = 0; from < alerts.length; from += BATCH)
        answers.push(...(await inOrder(() => answerAll(alerts.slice(from, from + BATCH)))));
      return answers;
    },
    async unblock(address, why, decisionId, doer) {
      const unblocked = await inOrder(async (): Promise<Unblocked> => {
        const present = ledger.blocks.find(address);
        if (present === undefined) return 'absent';
        if (decisionId !== undefined) {
          const decision = present.decisions.find((one) => one.decision_id === decisionId);
          return decision === undefined ? 'absent' : withdraw(present, decision, why, doer);
        }
        await lift([present], 'unblocked', why, doer);
        return 'lifted';
      });
      if (unblocked !== 'absent') await tellStore();
      return unblocked;
    },
    restore: (blocks) =>
      inOrder(async () => {
        const policy = options.policy();
        const taken = blocks
          .filter(
            ({ address, decision }) =>
              ledger.answerTo(decision.alert_id, decision.severity) === undefined &&
              !isStanding(ledger, address, decision) &&
              refusalOf(address, policy) === undefined,
          )
          .slice(0, Math.max(0, MAX_BLOCKS - ledger.blocks.count()));
        if (taken.length === 0) return taken;
        const longest = new Map<IpAddress, number>();
        for (const { address, msLeft, decision } of taken)
          if (!decision.simulated)
            longest.set(
              address,
              Math.max(msLeft, longest.get(address) ?? ledger.blocks.find(address)?.msLeft ?? 0),
            );
        await enforceAll(longest);
        await ledger.record(taken);
        return taken;
      }),
    liftExpired: (why) =>
      inOrder(async () => {
        const due = ledger.blocks.due();
        await lift(due, 'expired', why);
        return due.length;
      }),
    liftProtected: () =>
      inOrder(async () => {
        const policy = options.policy();
        const lifted: IpAddress[] = [];
        for (const present of ledger.blocks.inForce()) {
          const refusal = refusalOf(present.address, policy);
          if (refusal === undefined) continue;
          await lift([present], 'unblocked', `No longer to be blocked: ${refusal.reason}`);
          lifted.push(present.address);
        }
        return lifted;
      }),
    async unblockAll(why, doer) {
      const lifted = await inOrder(async () => {
        const blocks = [...ledger.blocks.inForce(), ...ledger.blocks.due()];
        await lift(blocks, 'unblocked', why, doer);
        await blocker.clear();
        return blocks.length;
      });
      await tellStore();
      return lifted;
    },
    reconcile: () => inOrder(() => blocker.reconcile(wanted())),
    settle: () => queue.then(() => logged),
  };
}

function isStanding(ledger: Ledger, address: IpAddress, decision: Decision): boolean {
  const present = ledger.blocks.findHeld(address);
  return present?.decisions.some((one) => one.decision_id === decision.decision_id) === true;
}
