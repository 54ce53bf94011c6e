/**
 * Ledger and audit trail say the same, or one of them has lost something: a file that was removed, cut,
 * or restored from an older copy. The ledger is the truth. What the trail has besides is taken into it
 * again, what the trail lacks is written again, and both are said.
 */
import { LIMITS, type Block, type Decision } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { decidedIdOf, toDamage, toRestoredBlock } from './audit-documents.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { StandingBlock } from '../ledger/block-table.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { durationMs } from '../ledger/ledger-entries.ts';
import { MAX_BLOCKS } from '../decide/may-block.ts';
import type { Responder } from './respond.ts';
import { readTrailBlocks, type TrailBlocks } from './trail-blocks.ts';

export type TrailStore = Pick<
  Store,
  'appendBlocks' | 'listBlocks' | 'existingBlocks' | 'blocksInForce'
>;

export interface ComparisonOptions {
  readonly ledger: Ledger;
  readonly responder: Pick<Responder, 'restore' | 'unblock'>;
  readonly auditTrail: AuditTrail;
  readonly store: TrailStore;
  /** Of the longest block. */
  readonly maxBlockDurationMs: number;
  readonly now: () => Date;
  /** True when it is to end early: the next start does it again. */
  readonly isStopping: () => boolean;
  readonly logger: Logger;
}

const PAGE = LIMITS.audit_batch.value;
const NEWEST = LIMITS.trail_answers.value;
/** Newest documents of the trail whose answer the ledger must know. */
const RECENT = 100;
/** The wall clock may have been set by so much, and a document still counts. */
const MARGIN_MS = 86_400_000;

/**
 * What the ledger may have lost: one sentence for each disagreement that was found and healed. Throws
 * StoreError when the store cannot answer, AppError, retryable, when the firewall or the ledger refuses:
 * to be done again then.
 */
export async function compareWithTrail(options: ComparisonOptions): Promise<readonly string[]> {
  const { ledger, store, now } = options;
  // What waits is not lost.
  await options.auditTrail.flush();
  const nowMs = now().getTime();
  const trail = readTrailBlocks(
    await store.blocksInForce({
      sinceMs: nowMs - options.maxBlockDurationMs - MARGIN_MS,
      nowMs,
      size: 4 * MAX_BLOCKS,
    }),
  );
  const standing = ledger.blocks.inForce();
  return say(options, [
    await restoreBlocks(options, trail, nowMs),
    await liftAgain(options, trail, standing),
    await noteLostAnswers(options),
  ]);
}

/** The same for what the store may have lost: nobody waits for that. */
export async function completeTrail(options: ComparisonOptions): Promise<readonly string[]> {
  return say(options, [await writeAgain(options, options.ledger.blocks.inForce())]);
}

async function say(
  { ledger, logger, now, auditTrail }: ComparisonOptions,
  found: readonly (string | undefined)[],
): Promise<readonly string[]> {
  const sentences = found.filter((sentence) => sentence !== undefined);
  for (const problem of sentences) {
    logger.error({ problem }, 'Ledger and audit trail differed');
    await ledger.addAudit(toDamage(problem, now(), {}));
  }
  if (sentences.length > 0) void auditTrail.flush();
  return sentences;
}

/** Blocks in force that the ledger does not know. */
async function restoreBlocks(
  { responder }: ComparisonOptions,
  trail: TrailBlocks,
  nowMs: number,
): Promise<string | undefined> {
  const taken = await responder.restore(
    trail.standing.flatMap(({ address, decision }) => {
      const ageMs = Math.max(0, nowMs - Date.parse(decision.since));
      const msLeft = durationMs(decision) - ageMs;
      return msLeft > 0 ? [{ address, decision, ageMs, msLeft }] : [];
    }),
  );
  return taken.length === 0
    ? undefined
    : `The ledger lacked ${count(taken.length, 'block')} that the audit trail has: in force again`;
}

/** Blocks in force whose end the ledger has lost. */
async function liftAgain(
  { responder }: ComparisonOptions,
  trail: TrailBlocks,
  standing: readonly StandingBlock[],
): Promise<string | undefined> {
  let lifted = 0;
  for (const { address, decisions } of standing)
    for (const decision of decisions.filter(trail.isLifted)) {
      const why = 'The audit trail says that it was lifted';
      if ((await responder.unblock(address, why, decision.decision_id)) !== 'absent') lifted += 1;
    }
  return lifted === 0
    ? undefined
    : `The ledger had ${count(lifted, 'block')} that was lifted by the audit trail: lifted again`;
}

/** Nothing can be done about them, and nothing need be: only what is pending is asked again. */
async function noteLostAnswers({ ledger, store }: ComparisonOptions): Promise<string | undefined> {
  const answers = ledger.answers();
  const known = new Set(answers.map((decision) => decidedIdOf(decision.decision_id)));
  // Of more than it remembers, the oldest were forgotten on purpose.
  const oldest =
    answers.length < LIMITS.answers_remembered.value ? '' : (byAge(answers)[0]?.since ?? '');
  const lost = (await store.listBlocks(RECENT)).filter(
    (block) => isAnswer(block) && block['@timestamp'] >= oldest && !known.has(block.block_id),
  ).length;
  return lost === 0
    ? undefined
    : `The ledger lacked ${lost} of the last answers that the audit trail has: it was damaged, removed, or is an older copy`;
}

function isAnswer({ kind, alert_id }: Block): boolean {
  return alert_id !== undefined && ['blocked', 'extended', 'refused', 'ticketed'].includes(kind);
}

/** Documents the store has lost. */
async function writeAgain(
  { ledger, store, isStopping }: ComparisonOptions,
  standing: readonly StandingBlock[],
): Promise<string | undefined> {
  const wanted = new Map<string, Decision>();
  const decisions = [
    ...standing.flatMap((block) => block.decisions),
    ...byAge(ledger.answers()).slice(-NEWEST),
  ];
  for (const decision of decisions) wanted.set(decidedIdOf(decision.decision_id), decision);
  let written = 0;
  const ids = [...wanted.keys()];
  for (let from = 0; from < ids.length && !isStopping(); from += PAGE) {
    const page = ids.slice(from, from + PAGE);
    const present = new Set(await store.existingBlocks(page));
    const pending = new Set(ledger.pendingAudit());
    const missing = page
      .filter((id) => !present.has(id) && !pending.has(id))
      .flatMap((id) => toRestoredBlock(wanted.get(id) as Decision) ?? []);
    const answers = missing.length === 0 ? [] : await store.appendBlocks(missing);
    written += answers.filter((answer) => answer === 'created').length;
  }
  return written === 0
    ? undefined
    : `The store lacked ${count(written, 'audit document')} that the ledger has: written again`;
}

/** The oldest first. */
function byAge(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.toSorted((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
