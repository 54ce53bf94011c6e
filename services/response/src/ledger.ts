/**
 * Everything the response service must not forget, on disk: decisions in force, answers given (a
 * repeated request is answered as before), the allow list kept at run time, audit documents that the
 * store has not taken yet. The state is what the journal's entries say in their order.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  blockSchema,
  decisionSchema,
  LIMITS,
  parseIpAddress,
  parseIpRange,
  UsageError,
  type Block,
  type Decision,
  type IpAddress,
  type IpRange,
  type LimitListener,
} from '@mini-soc/model';
import { VERSION, type Logger } from '@mini-soc/service-kit';
import { z } from 'zod';
import { createBlockTable, type BlockTable } from './block-table.ts';
import { createAuditQueue } from './audit-queue.ts';
import { createEarlierBlocks } from './earlier-blocks.ts';
import { openJournal } from './journal.ts';
import {
  isForeign,
  LEDGER_VERSION,
  refuseNewerLedger,
  versionEntrySchema,
} from './ledger-version.ts';

const entrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('decision'),
    decision: decisionSchema,
    audit: blockSchema.optional(),
  }),
  /** Remembered, but no longer in force: written when the journal is rewritten. */
  z.object({ kind: z.literal('answer'), decision: decisionSchema }),
  z.object({
    kind: z.literal('ended'),
    source_ip: z.string(),
    /** Only this decision; all on the address when absent. */
    decision_id: z.string().optional(),
    audit: blockSchema.optional(),
  }),
  /** How often an address was blocked before: written when the journal is rewritten. */
  z.object({
    kind: z.literal('earlier'),
    source_ip: z.string(),
    blocks: z.int().min(1),
    until_ms: z.number(),
  }),
  z.object({ kind: z.literal('allow'), range: z.string() }),
  z.object({ kind: z.literal('disallow'), range: z.string() }),
  z.object({ kind: z.literal('audit'), audit: blockSchema }),
  z.object({ kind: z.literal('audited'), block_ids: z.array(z.string()) }),
  versionEntrySchema,
]);
const KINDS: ReadonlySet<string> = new Set(entrySchema.options.map((one) => one.shape.kind.value));
type Entry = z.infer<typeof entrySchema>;

export interface Ledger {
  readonly blocks: Pick<BlockTable, 'find' | 'inForce' | 'due' | 'count'>;
  /** New blocks in the last minute of running time. */
  readonly recentBlocks: () => number;
  /** Blocks of an address before the one that is in force or begins now. */
  readonly earlierBlocks: (address: IpAddress) => number;
  /** The earlier answer to this alert at this severity. */
  readonly answerTo: (alertId: string, severity: string) => Decision | undefined;
  /** Durable, with its audit document, when it resolves. Throws AppError, retryable. */
  readonly record: (decision: Decision, audit?: Block) => Promise<void>;
  /**
   * Ends one decision, or all of an address. Durable, except for what ended by itself: after a crash
   * that ends again, under the same audit id. Throws AppError, retryable.
   */
  readonly end: (address: IpAddress, audit: Block, decisionId?: string) => Promise<void>;
  readonly allowed: () => readonly IpRange[];
  readonly allow: (range: IpRange) => Promise<void>;
  /** False when it was not on the list. */
  readonly disallow: (range: IpRange) => Promise<boolean>;
  readonly addAudit: (audit: Block) => Promise<void>;
  /** Audit documents the store has not taken, oldest first. */
  readonly pendingAudit: () => readonly Block[];
  readonly forgetAudit: (blockIds: readonly string[]) => Promise<void>;
  /** One sentence for each damaged entry found when it was opened. */
  readonly problems: readonly string[];
  /** Why the last write failed; undefined when it did not. */
  readonly failure: () => string | undefined;
  readonly close: () => Promise<void>;
}

export interface LedgerOptions {
  readonly directory: string;
  /** Name in the folder. */
  readonly fileName?: string;
  /** How long after its end a block counts as an earlier one. */
  readonly earlierBlocksMs: number;
  /** Asked after each write; throws when another process writes the ledger by now. */
  readonly assertHeld?: () => Promise<void>;
  readonly now: () => Date;
  /** A clock that never goes back, milliseconds. */
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly onLimit?: LimitListener;
}

/** Answers that are remembered; the oldest go first. */
const REMEMBERED_ANSWERS = LIMITS.answers_remembered.value;
const BREAKER_WINDOW_MS = 60_000;
/** The journal is rewritten when it is twice as large as after the last time, and this. */
const SLACK_BYTES = LIMITS.journal_slack_bytes.value;

/** Throws UsageError when the folder cannot be used. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { now, monotonicMs, logger } = options;
  const file = path.join(options.directory, options.fileName ?? 'ledger.ndjson');
  const { journal, entries, problems } = await mkdir(options.directory, { recursive: true })
    .then(() => openJournal(file, (read) => refuseNewerLedger(read, file)))
    .catch((cause: unknown) => {
      if (cause instanceof UsageError) throw cause;
      throw new UsageError(
        `Cannot open the ledger "${file}": ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    });
  const blocks = createBlockTable(monotonicMs, options.onLimit);
  const answers = new Map<string, Decision>();
  const allowed = new Map<string, IpRange>();
  const audit = createAuditQueue(logger, options.onLimit);
  const earlier = createEarlierBlocks(options.earlierBlocksMs, options.onLimit);
  /** When the blocks of the last minute began, on the monotonic clock. */
  let begun: number[] = [];
  let failure: string | undefined;

  const remember = (decision: Decision): void => {
    answers.set(answerKey(decision.alert_id, decision.severity), decision);
    if (answers.size <= REMEMBERED_ANSWERS) return;
    options.onLimit?.('answers_remembered');
    answers.delete(answers.keys().next().value as string);
  };
  const apply = (entry: Entry): void => {
    switch (entry.kind) {
      case 'version':
        return;
      case 'decision': {
        const { decision } = entry;
        remember(decision);
        audit.add(entry.audit);
        const address = parseIpAddress(decision.source_ip ?? '');
        if (decision.outcome !== 'blocked' || address === undefined) return;
        const ageMs = now().getTime() - Date.parse(decision.since);
        if (blocks.find(address) === undefined && ageMs < BREAKER_WINDOW_MS)
          begun.push(monotonicMs() - Math.max(0, ageMs));
        blocks.put(address, decision, msLeftOf(decision, now()));
        earlier.note(address, Date.parse(decision.since), Date.parse(decision.until ?? ''));
        return;
      }
      case 'earlier': {
        const address = parseIpAddress(entry.source_ip);
        if (address === undefined) return;
        earlier.restore({ address, blocks: entry.blocks, untilMs: entry.until_ms });
        return;
      }
      case 'answer':
        remember(entry.decision);
        return;
      case 'ended': {
        audit.add(entry.audit);
        const address = parseIpAddress(entry.source_ip);
        if (address === undefined) return;
        if (entry.audit?.kind === 'unblocked') earlier.forget(address);
        if (entry.decision_id === undefined) blocks.remove(address);
        else blocks.withdraw(address, entry.decision_id);
        return;
      }
      case 'allow': {
        const range = parseIpRange(entry.range);
        if (range !== undefined) allowed.set(range.text, range);
        return;
      }
      case 'disallow':
        allowed.delete(entry.range);
        return;
      case 'audit':
        audit.add(entry.audit);
        return;
      case 'audited':
        audit.forget(entry.block_ids);
        return;
      default:
        entry satisfies never;
    }
  };

  const unreadable: string[] = [];
  /** Of a later version that only says more: kept, whatever they mean. */
  const foreign: unknown[] = [];
  for (const [index, entry] of entries.entries()) {
    const parsed = entrySchema.safeParse(entry);
    if (parsed.success) apply(parsed.data);
    else if (isForeign(entry, KINDS)) foreign.push(entry);
    else
      unreadable.push(
        `Whole entry ${index + 1} of "${path.basename(file)}" has an unknown shape and was passed over`,
      );
  }

  const ownVersion: Entry = { kind: 'version', version: LEDGER_VERSION, product: VERSION };
  const snapshot = (): readonly unknown[] => {
    const standing = [...blocks.inForce(), ...blocks.due()].flatMap((block) => block.decisions);
    const ids = new Set(standing.map((decision) => decision.decision_id));
    return [
      ownVersion,
      ...[...allowed.keys()].map((range): Entry => ({ kind: 'allow', range })),
      ...[...answers.values()]
        .filter((decision) => !ids.has(decision.decision_id))
        .map((decision): Entry => ({ kind: 'answer', decision })),
      // Before the decisions: one that is in force is counted in already.
      ...earlier
        .entries()
        .filter(({ untilMs }) => now().getTime() - untilMs < options.earlierBlocksMs)
        .map(({ address, blocks: count, untilMs }): Entry => ({
          kind: 'earlier',
          source_ip: address,
          blocks: count,
          until_ms: untilMs,
        })),
      ...standing.map((decision): Entry => ({ kind: 'decision', decision })),
      ...audit.pending().map((block): Entry => ({ kind: 'audit', audit: block })),
      ...foreign,
    ];
  };
  let compactBytes = 0;
  const compactIfLarge = async (): Promise<void> => {
    if (journal.sizeBytes() < compactBytes) return;
    try {
      await journal.rewrite(snapshot());
    } catch (err) {
      logger.warn({ err }, 'The ledger could not be made smaller');
    }
    compactBytes = 2 * journal.sizeBytes() + SLACK_BYTES;
  };
  const write = async (entry: Entry, durable = true): Promise<void> => {
    try {
      await journal.append(entry, durable);
      await options.assertHeld?.();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      throw error;
    }
    failure = undefined;
    apply(entry);
    await compactIfLarge();
  };
  const found = [...problems, ...unreadable];
  // Without one it is form 1 as well, so a full disk need not hinder a start. Older ones get it when rewritten.
  if (entries.length === 0) await journal.append(ownVersion, false).catch(() => undefined);
  if (found.length > 0 || journal.sizeBytes() > SLACK_BYTES) await compactIfLarge();
  else compactBytes = 2 * journal.sizeBytes() + SLACK_BYTES;

  return {
    blocks,
    recentBlocks() {
      const from = monotonicMs() - BREAKER_WINDOW_MS;
      begun = begun.filter((at) => at > from);
      return begun.length;
    },
    earlierBlocks: (address) => earlier.count(address, now().getTime()),
    answerTo: (alertId, severity) => answers.get(answerKey(alertId, severity)),
    record: (decision, block) =>
      write({ kind: 'decision', decision, ...(block === undefined ? {} : { audit: block }) }),
    end: (address, block, decisionId) =>
      write(
        {
          kind: 'ended',
          source_ip: address,
          ...(decisionId === undefined ? {} : { decision_id: decisionId }),
          audit: block,
        },
        block.kind !== 'expired',
      ),
    allowed: () => [...allowed.values()],
    allow: (range) => write({ kind: 'allow', range: range.text }),
    async disallow(range) {
      if (!allowed.has(range.text)) return false;
      await write({ kind: 'disallow', range: range.text });
      return true;
    },
    addAudit: (block) => write({ kind: 'audit', audit: block }),
    pendingAudit: audit.pending,
    // Not durable: after a crash the documents are written again, which changes nothing.
    forgetAudit: (blockIds) => write({ kind: 'audited', block_ids: [...blockIds] }, false),
    problems: found,
    failure: () => failure,
    close: () => journal.close(),
  };
}

function answerKey(alertId: string, severity: string): string {
  return `${severity} ${alertId}`;
}

/** Never longer than the decision was meant to last, whatever the clock says now. */
function msLeftOf(decision: Decision, now: Date): number {
  const untilMs = Date.parse(decision.until ?? '');
  const left = Math.min(untilMs - now.getTime(), untilMs - Date.parse(decision.since));
  return Number.isFinite(left) ? Math.max(0, left) : 0;
}
