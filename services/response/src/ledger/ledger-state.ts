/** What the ledger remembers: the sum of its entries in their order. */
import {
  LIMITS,
  parseIpAddress,
  parseIpRange,
  type Decision,
  type IpAddress,
  type IpRange,
  type LimitListener,
} from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Beginning } from '../decide/room.ts';
import { createAuditQueue, type AuditQueue } from './audit-queue.ts';
import { createBlockTable, type BlockTable } from './block-table.ts';
import { ageAt, isDisturbed, type Age, type Moment } from './clocks.ts';
import { createEarlierBlocks, type EarlierBlocks } from './earlier-blocks.ts';
import type { Place } from './journal-lines.ts';
import { headOf, NO_TRAIL, type TrailHead } from './trail-chain.ts';
import { ageOf, durationMs, type DecisionEntry, type LedgerEntry } from './ledger-entries.ts';

export interface LedgerState {
  readonly apply: (entry: LedgerEntry, place: Place) => void;
  /**
   * The journal is read; what comes now happens now. True when what the clocks say must be written down,
   * or the time that is left could not be told the next time.
   */
  readonly endReplay: () => boolean;
  readonly blocks: BlockTable;
  /** By `answerKey`, the oldest first. */
  readonly answers: ReadonlyMap<string, Decision>;
  /** By their text. */
  readonly allowed: ReadonlyMap<string, IpRange>;
  readonly audit: AuditQueue;
  /** The last document that was made for the trail. */
  readonly trail: () => TrailHead;
  readonly earlier: EarlierBlocks;
  readonly recentBlocks: () => number;
  readonly beginnings: () => readonly Beginning[];
}

export interface LedgerStateOptions {
  readonly earlierBlocksMs: number;
  readonly monotonicMs: () => number;
  /** When the journal is read. */
  readonly opened: Moment;
  readonly logger: Logger;
  readonly onLimit: LimitListener;
  /** Told of each change of a block, after the journal is read; must return at once and never throw. */
  readonly onBlockChange?: (address: IpAddress) => void;
}

/** Answers that are remembered; the oldest go first. */
const REMEMBERED_ANSWERS = LIMITS.answers_remembered.value;
/** To find the first of a map costs a walk over those that were deleted before it: one walk for many. */
const FORGOTTEN_AT_ONCE = REMEMBERED_ANSWERS / 10;
const BREAKER_WINDOW_MS = 60_000;

/** A block that was read from the journal: to be measured anew when the clocks were noted after it. */
interface Replayed {
  readonly address: IpAddress;
  readonly decision: Decision;
  readonly age: Age;
  /** Clocks noted before it. */
  readonly clocks: number;
}

export function answerKey(alertId: string, severity: string): string {
  return `${severity} ${alertId}`;
}

export function createLedgerState(options: LedgerStateOptions): LedgerState {
  const { monotonicMs, opened } = options;
  const blocks = createBlockTable(monotonicMs, options.onLimit);
  const answers = new Map<string, Decision>();
  const allowed = new Map<string, IpRange>();
  const audit = createAuditQueue(options.logger, options.onLimit);
  const earlier = createEarlierBlocks(options.earlierBlocksMs, options.onLimit);
  /** When the blocks of the last minute began, on the monotonic clock, the oldest first. */
  let begun: { readonly address: IpAddress; readonly atMs: number }[] = [];
  /** Blocks of the journal while it is read, by decision. */
  const replayed = new Map<string, Replayed>();
  let isReplay = true;
  const clocks: Moment[] = [];
  let trail = NO_TRAIL;

  const remember = (decision: Decision): void => {
    answers.set(answerKey(decision.alert_id, decision.severity), decision);
    if (answers.size < REMEMBERED_ANSWERS + FORGOTTEN_AT_ONCE) return;
    options.onLimit('answers_remembered', FORGOTTEN_AT_ONCE);
    for (const key of answers.keys()) {
      if (answers.size <= REMEMBERED_ANSWERS) break;
      answers.delete(key);
    }
  };
  const applyDecision = (entry: DecisionEntry): void => {
    const { decision } = entry;
    remember(decision);
    const address = parseIpAddress(decision.source_ip ?? '');
    if (decision.outcome !== 'blocked' || address === undefined) return;
    const age = ageOf(entry);
    const ageMs = isReplay ? ageAt(age, [], opened) : age.ageMs;
    const isBegun = entry.extends === false || blocks.find(address) === undefined;
    if (isBegun && ageMs < BREAKER_WINDOW_MS) begun.push({ address, atMs: monotonicMs() - ageMs });
    blocks.put(address, decision, Math.max(0, durationMs(decision) - ageMs));
    earlier.note(
      address,
      Date.parse(decision.since),
      Date.parse(decision.until ?? ''),
      entry.extends,
    );
    if (isReplay)
      replayed.set(decision.decision_id, { address, decision, age, clocks: clocks.length });
    else options.onBlockChange?.(address);
  };
  const applyEnd = (entry: LedgerEntry & { readonly kind: 'ended' }): void => {
    const address = parseIpAddress(entry.source_ip);
    if (address === undefined) return;
    if (entry.audit?.kind === 'unblocked') earlier.forget(address);
    if (entry.decision_id === undefined) blocks.remove(address);
    else blocks.withdraw(address, entry.decision_id);
    if (!isReplay) options.onBlockChange?.(address);
  };
  const apply = (entry: LedgerEntry, place: Place): void => {
    if ('audit' in entry) {
      audit.add(entry.audit, place);
      trail = headOf(entry.audit, trail);
    }
    switch (entry.kind) {
      case 'version':
        trail = entry.trail ?? trail;
        return;
      case 'decision':
        applyDecision(entry);
        return;
      case 'earlier': {
        const address = parseIpAddress(entry.source_ip);
        if (address === undefined) return;
        earlier.restore({ address, blocks: entry.blocks, untilMs: entry.until_ms });
        return;
      }
      case 'answer':
        remember(entry.decision);
        return;
      case 'ended':
        applyEnd(entry);
        return;
      case 'clock':
        clocks.push({ boot: entry.boot, monotonicMs: entry.ms, wallMs: entry.wall_ms });
        return;
      case 'allow': {
        const range = parseIpRange(entry.range);
        if (range !== undefined) allowed.set(range.text, range);
        return;
      }
      case 'disallow':
        allowed.delete(entry.range);
        return;
      case 'audit':
        return;
      case 'audited':
        audit.forget(entry.block_ids);
        return;
      default:
        entry satisfies never;
    }
  };

  /** Blocks that were read before the clocks were noted; whether they must be noted once more. */
  const measureAgain = (): boolean => {
    let isAnyDisturbed = false;
    for (const { address, decision, age, clocks: before } of replayed.values()) {
      if (blocks.findHeld(address)?.decisions.includes(decision) !== true) continue;
      const way = clocks.slice(before);
      if (way.length > 0)
        blocks.put(address, decision, Math.max(0, durationMs(decision) - ageAt(age, way, opened)));
      isAnyDisturbed ||= isDisturbed(way.at(-1) ?? age, opened);
    }
    replayed.clear();
    return isAnyDisturbed;
  };
  const begunLately = (): typeof begun => {
    const from = monotonicMs() - BREAKER_WINDOW_MS;
    const first = begun.findIndex(({ atMs }) => atMs > from);
    if (first !== 0) begun = first < 0 ? [] : begun.slice(first);
    return begun;
  };
  return {
    apply,
    endReplay() {
      isReplay = false;
      begun.sort((a, b) => a.atMs - b.atMs);
      return measureAgain();
    },
    blocks,
    answers,
    allowed,
    audit,
    trail: () => trail,
    earlier,
    recentBlocks: () => begunLately().length,
    beginnings() {
      const at = monotonicMs();
      return begunLately().map(({ address, atMs }) => ({ address, ageMs: at - atMs }));
    },
  };
}
