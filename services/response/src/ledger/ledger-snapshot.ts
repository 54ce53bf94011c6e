/** All the ledger has to say, in as few entries as possible: what the journal is rewritten to. */
import type { Block, Decision } from '@mini-soc/model';
import type { WaitingAudit } from './audit-queue.ts';
import type { StandingBlock } from './block-table.ts';
import type { Moment } from './clocks.ts';
import type { EarlierEntry } from './earlier-blocks.ts';
import { clockOf, durationMs, type LedgerEntry } from './ledger-entries.ts';

export interface SnapshotParts {
  readonly allowed: readonly string[];
  readonly answers: readonly Decision[];
  readonly earlier: readonly EarlierEntry[];
  /** In force or due. */
  readonly standing: readonly StandingBlock[];
  readonly audits: readonly WaitingAudit[];
  readonly readAudit: (waiting: WaitingAudit) => Promise<Block | undefined>;
  /** Now. */
  readonly at: Moment;
}

/** One after the other, so that documents that are read again for it are not all in memory. */
export async function* snapshot(
  parts: SnapshotParts,
): AsyncGenerator<LedgerEntry, void, undefined> {
  yield* decisionsOf(parts);
  for (const waiting of parts.audits) {
    const block = waiting.block ?? (await parts.readAudit(waiting));
    if (block !== undefined) yield { kind: 'audit', audit: block };
  }
}

function* decisionsOf(parts: SnapshotParts): Generator<LedgerEntry, void, undefined> {
  const { standing, at } = parts;
  for (const range of parts.allowed) yield { kind: 'allow', range };
  const ids = new Set(standing.flatMap((block) => block.decisions.map((one) => one.decision_id)));
  for (const decision of parts.answers)
    if (!ids.has(decision.decision_id)) yield { kind: 'answer', decision };
  // Before the decisions: one that is in force is counted in already. The first block of an address says
  // of itself that it is the first.
  const addresses = new Set(standing.map(({ address }) => address));
  const counted = new Set<string>();
  for (const { address, blocks, untilMs } of parts.earlier) {
    if (blocks === 1 && addresses.has(address)) continue;
    counted.add(address);
    yield { kind: 'earlier', source_ip: address, blocks, until_ms: untilMs };
  }
  for (const { address, decisions, msLeftOfEach } of standing)
    for (const [index, decision] of decisions.entries())
      yield {
        kind: 'decision',
        decision,
        clock: {
          ...clockOf(at),
          wall_ms: at.wallMs,
          age_ms: Math.max(0, durationMs(decision) - (msLeftOfEach[index] ?? 0)),
        },
        extends: index > 0 || counted.has(address),
      };
}
