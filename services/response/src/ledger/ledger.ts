/**
 * Everything the response service must not forget, on disk: decisions in force, answers given (a
 * repeated request is answered as before), the allow list kept at run time, audit documents that the
 * store has not taken yet. The state is what the journal's entries say in their order. How long a block
 * lasts is measured on the clock that nobody can set, as far as there is one (clocks.ts).
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  LIMITS,
  parseIpAddress,
  UsageError,
  type Block,
  type Decision,
  type IpAddress,
  type IpRange,
  type LimitListener,
} from '@mini-soc/model';
import { VERSION, type Logger } from '@mini-soc/service-kit';
import type { Beginning } from '../decide/room.ts';
import type { BlockTable } from './block-table.ts';
import { isDisturbed, type Moment } from './clocks.ts';
import type { Place } from './journal-lines.ts';
import type { ChainFacts } from './chain.ts';
import { openJournal } from './journal.ts';
import { auditOf, clockOf, isForeign, readEntry, type LedgerEntry } from './ledger-entries.ts';
import { snapshot } from './ledger-snapshot.ts';
import { answerKey, createLedgerState } from './ledger-state.ts';
import { headOf, stampDocument, type TrailHead } from './trail-chain.ts';
import { verifyLedger, type VerifiedLedger } from './verify-ledger.ts';
import { LEDGER_VERSION, refuseNewerLedger } from './ledger-version.ts';

/** A decision that is to be remembered. */
export interface Answer {
  readonly decision: Decision;
  readonly audit?: Block | undefined;
  /** How old it is already; 0 when absent. */
  readonly ageMs?: number;
}

export interface End {
  readonly address: IpAddress;
  readonly audit: Block;
  /** Only this decision; all on the address when absent. */
  readonly decisionId?: string;
}

export interface Ledger {
  readonly blocks: Pick<BlockTable, 'find' | 'findHeld' | 'inForce' | 'due' | 'count'>;
  /** New blocks in the last minute of running time. */
  readonly recentBlocks: () => number;
  /** Those of the last minute, the oldest first. */
  readonly beginnings: () => readonly Beginning[];
  /** Blocks of an address before the one that is in force or begins now. */
  readonly earlierBlocks: (address: IpAddress) => number;
  /** The earlier answer to this alert at this severity. */
  readonly answerTo: (alertId: string, severity: string) => Decision | undefined;
  /** Answers that are remembered, the newest last. */
  readonly answers: () => readonly Decision[];
  /** All or none, durable unless told otherwise, with their audit documents. Throws AppError, retryable. */
  readonly record: (answers: readonly Answer[], durable?: boolean) => Promise<void>;
  /**
   * All or none. Durable, except for what ended by itself: after a crash that ends again, under the same
   * audit id. Throws AppError, retryable.
   */
  readonly end: (ends: readonly End[]) => Promise<void>;
  readonly allowed: () => readonly IpRange[];
  readonly allow: (range: IpRange, audit?: Block) => Promise<void>;
  /** False when it was not on the list. */
  readonly disallow: (range: IpRange, audit?: Block) => Promise<boolean>;
  readonly addAudit: (audit: Block) => Promise<void>;
  /** Audit documents the store has not taken. */
  readonly auditCount: () => number;
  /** Their ids, in the order in which they are to be written; at most so many. */
  readonly pendingAudit: (size?: number) => readonly string[];
  /** Those that still wait. */
  readonly readAudit: (blockIds: readonly string[]) => Promise<readonly Block[]>;
  readonly forgetAudit: (blockIds: readonly string[]) => Promise<void>;
  /** What the file amounts to as a chain, and the last document that was made for the trail. */
  readonly chain: () => ChainFacts & { readonly trail: TrailHead };
  /** The first entry that did not follow when the file was opened, in one sentence. */
  readonly openedBreak: string | undefined;
  /** The same of the file as it is on the disk by now, and the heads that it went through. Throws AppError. */
  readonly verify: () => Promise<VerifiedLedger>;
  /** Writes down what the clocks say, when somebody set the wall clock or the system was started again. */
  readonly noteClocks: () => Promise<void>;
  /** One sentence for each damaged entry found when it was opened. */
  readonly problems: readonly string[];
  /** True when there was none before. */
  readonly isNew: boolean;
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
  /** The disk has no room for an entry: true when some was made, and writing it is tried once more. */
  readonly onNoSpace?: () => Promise<boolean>;
  readonly now: () => Date;
  /** A clock that never goes back, milliseconds; comparable between processes of the same `boot`. */
  readonly monotonicMs: () => number;
  /** Which run of the system this is; undefined: only the wall clock says what passed between processes. */
  readonly boot: string | undefined;
  readonly logger: Logger;
  readonly onLimit: LimitListener;
  /** Told of each block that began, ended or got another end; must return at once and never throw. */
  readonly onBlockChange?: (address: IpAddress) => void;
}

/** The journal is rewritten when it is twice as large as after the last time, and this. */
const SLACK_BYTES = LIMITS.journal_slack_bytes.value;
/** What an entry without its audit document takes, about. */
const ENTRY_BYTES = 600;

/** Throws UsageError when the folder cannot be used. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { now, monotonicMs, logger } = options;
  const file = path.join(options.directory, options.fileName ?? 'ledger.ndjson');
  const present = (): Moment => ({
    boot: options.boot,
    monotonicMs: monotonicMs(),
    wallMs: now().getTime(),
  });
  const opened = present();
  const state = createLedgerState({ ...options, opened });
  const { blocks, answers, allowed, audit, earlier } = state;
  let failure: string | undefined;

  const unreadable: string[] = [];
  /** Of a later version that only says more: kept, whatever they mean. */
  const foreign: unknown[] = [];
  let lines = 0;
  const { journal, problems, isNew } = await mkdir(options.directory, { recursive: true })
    .then(() =>
      openJournal(
        file,
        (entry, place) => {
          lines += 1;
          const read = readEntry(entry);
          if (read?.kind === 'version') refuseNewerLedger(read, file);
          if (read !== undefined) state.apply(read, place);
          else if (isForeign(entry)) foreign.push(entry);
          else
            unreadable.push(
              `Whole entry ${lines} of "${path.basename(file)}" has an unknown shape and was passed over`,
            );
        },
        options.onNoSpace,
      ),
    )
    .catch((cause: unknown) => {
      if (cause instanceof UsageError) throw cause;
      throw new UsageError(
        `Cannot open the ledger "${file}": ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    });
  const openedBreak = journal.chain().firstBreak;
  /** What the clocks said when they were in order last; undefined when they have to be noted. */
  let reference = state.endReplay() ? undefined : opened;

  /** What is written and what is remembered of it change together, one call after the other. */
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
  /** Each document for the trail follows the one before it, and says how far the ledger was. */
  const stamp = (entries: readonly LedgerEntry[]): readonly LedgerEntry[] => {
    const { head } = journal.chain();
    let before = state.trail();
    return entries.map((entry) => {
      if (!('audit' in entry) || entry.audit === undefined) return entry;
      const stamped = stampDocument(entry.audit, before, head);
      before = headOf(stamped, before);
      return { ...entry, audit: stamped };
    });
  };
  const write = (entries: () => readonly LedgerEntry[], durable: boolean): Promise<void> =>
    inOrder(async () => {
      const given = stamp(entries());
      try {
        const places = await journal.append(given, durable);
        await options.assertHeld?.();
        for (const [index, entry] of given.entries()) state.apply(entry, places[index] as Place);
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        throw error;
      }
      failure = undefined;
      await compactIfLarge();
    });
  const writeOne = (entry: LedgerEntry, durable = true): Promise<void> =>
    write(() => [entry], durable);

  const ownVersion = { kind: 'version', version: LEDGER_VERSION, product: VERSION } as const;
  let compactBytes = 0;
  const compactIfLarge = async (): Promise<void> => {
    if (journal.sizeBytes() < compactBytes) return;
    try {
      await journal.rewrite(
        snapshot({
          allowed: [...allowed.keys()],
          answers: [...answers.values()],
          earlier: earlier
            .entries()
            .filter(({ untilMs }) => now().getTime() - untilMs < options.earlierBlocksMs),
          standing: [...blocks.inForce(), ...blocks.due()],
          audits: audit.waiting(),
          readAudit: async ({ place }) => auditOf(await journal.read(place)),
          at: present(),
        }),
        (entry, place) => {
          if (entry.kind === 'audit') audit.move(entry.audit.block_id, place);
        },
        (after) => [
          { ...ownVersion, ...(after === '' ? {} : { after }), trail: state.trail() },
          ...foreign,
        ],
      );
      logger.info({ head: journal.chain().head }, 'The ledger was rewritten: its chain goes on');
    } catch (err) {
      logger.warn({ err }, 'The ledger could not be made smaller');
    }
    compactBytes = 2 * journal.sizeBytes() + SLACK_BYTES;
  };
  const found = [...problems, ...unreadable];
  const neededBytes = (): number =>
    ENTRY_BYTES * (allowed.size + answers.size + blocks.count()) +
    audit.waiting().reduce((sum, { place }) => sum + place.bytes, 0);
  if (found.length === 0) compactBytes = 2 * neededBytes() + SLACK_BYTES;
  await compactIfLarge();
  compactBytes = Math.max(compactBytes, 2 * journal.sizeBytes() + SLACK_BYTES);
  // Without one it is form 1 as well, so a full disk need not hinder a start. Older ones get it when rewritten.
  if (isNew) await journal.append([ownVersion], false).catch(() => undefined);

  return {
    blocks,
    recentBlocks: state.recentBlocks,
    beginnings: state.beginnings,
    earlierBlocks: (address) =>
      earlier.count(address, now().getTime(), blocks.find(address) !== undefined),
    answerTo: (alertId, severity) => answers.get(answerKey(alertId, severity)),
    answers: () => [...answers.values()],
    record: (given, durable = true) =>
      write(() => {
        const at = present();
        const seen = new Set<string>();
        return given.map(({ decision, audit: block, ageMs = 0 }): LedgerEntry => {
          const address = parseIpAddress(decision.source_ip ?? '');
          if (decision.outcome !== 'blocked' || address === undefined)
            return { kind: 'decision', decision, ...(block === undefined ? {} : { audit: block }) };
          const extended = seen.has(address) || blocks.find(address) !== undefined;
          seen.add(address);
          return {
            kind: 'decision',
            decision,
            ...(block === undefined ? {} : { audit: block }),
            clock: {
              ...clockOf(at),
              ...(ageMs === 0 ? {} : { wall_ms: at.wallMs, age_ms: ageMs }),
            },
            extends: extended,
          };
        });
      }, durable),
    end: (ends) =>
      write(
        () =>
          ends.map(({ address, audit: block, decisionId }) => ({
            kind: 'ended',
            source_ip: address,
            ...(decisionId === undefined ? {} : { decision_id: decisionId }),
            audit: block,
          })),
        ends.some(({ audit: block }) => block.kind !== 'expired'),
      ),
    allowed: () => [...allowed.values()],
    allow: (range, block) =>
      write(
        () => [
          { kind: 'allow', range: range.text },
          ...(block === undefined ? [] : [{ kind: 'audit' as const, audit: block }]),
        ],
        true,
      ),
    async disallow(range, block) {
      if (!allowed.has(range.text)) return false;
      await write(
        () => [
          { kind: 'disallow', range: range.text },
          ...(block === undefined ? [] : [{ kind: 'audit' as const, audit: block }]),
        ],
        true,
      );
      return true;
    },
    addAudit: (block) => writeOne({ kind: 'audit', audit: block }),
    auditCount: audit.count,
    pendingAudit: (size) => audit.waiting(size).map(({ blockId }) => blockId),
    readAudit: (blockIds) =>
      inOrder(async () => {
        // What the store has, a crash of the machine must not take from the ledger.
        await journal.sync();
        const read: Block[] = [];
        for (const waiting of audit.find(blockIds)) {
          try {
            const block = waiting.block ?? auditOf(await journal.read(waiting.place));
            if (block === undefined) throw new TypeError('Another entry stands in its place');
            read.push(block);
          } catch (err) {
            // The disk has lost it.
            logger.error({ err }, 'An audit document was given up: it cannot be read again');
            options.onLimit('audit_documents');
            audit.forget([waiting.blockId]);
          }
        }
        return read;
      }),
    // Not durable: after a crash the documents are written again, which changes nothing.
    forgetAudit: (blockIds) => writeOne({ kind: 'audited', block_ids: [...blockIds] }, false),
    async noteClocks() {
      const at = present();
      if (reference !== undefined && !isDisturbed(reference, at)) return;
      if (blocks.count() > 0) await writeOne({ kind: 'clock', ...clockOf(at), wall_ms: at.wallMs });
      reference = at;
    },
    chain: () => ({ ...journal.chain(), trail: state.trail() }),
    openedBreak,
    verify: () => inOrder(() => verifyLedger(file)),
    problems: found,
    isNew,
    failure: () => failure,
    close: () => inOrder(() => journal.close()),
  };
}
