/** What the lines of the ledger say. */
import { blockSchema, decisionSchema, type Block, type Decision } from '@mini-soc/model';
import { z } from 'zod';
import { ageSchema, type Age, type Moment } from './clocks.ts';
import { versionEntrySchema } from './ledger-version.ts';

const entrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('decision'),
    decision: decisionSchema,
    audit: blockSchema.optional(),
    /** What the clocks said; absent in ledgers of before, and where the wall clock is all there is. */
    clock: ageSchema.optional(),
    /** True when the address was blocked already; absent in ledgers of before. */
    extends: z.boolean().optional(),
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
  /** What the clocks say, after the system was started again or somebody set the wall clock. */
  z.object({
    kind: z.literal('clock'),
    boot: z.string().optional(),
    ms: z.number(),
    wall_ms: z.number(),
  }),
  z.object({ kind: z.literal('allow'), range: z.string() }),
  z.object({ kind: z.literal('disallow'), range: z.string() }),
  z.object({ kind: z.literal('audit'), audit: blockSchema }),
  z.object({ kind: z.literal('audited'), block_ids: z.array(z.string()) }),
  versionEntrySchema,
]);
const KINDS: ReadonlySet<string> = new Set(entrySchema.options.map((one) => one.shape.kind.value));
const anyEntrySchema = z.looseObject({ kind: z.string() });
export type LedgerEntry = z.infer<typeof entrySchema>;
export type DecisionEntry = LedgerEntry & { readonly kind: 'decision' };

/** Undefined when it has a shape we do not know. */
export function readEntry(entry: unknown): LedgerEntry | undefined {
  const parsed = entrySchema.safeParse(entry);
  return parsed.success ? parsed.data : undefined;
}

/** Whether a whole entry is of a kind that we do not know: a later version's, not a damaged one. */
export function isForeign(entry: unknown): boolean {
  const parsed = anyEntrySchema.safeParse(entry);
  return parsed.success && !KINDS.has(parsed.data.kind);
}

/** The audit document of a line. */
export function auditOf(entry: unknown): Block | undefined {
  const read = readEntry(entry);
  return read !== undefined && 'audit' in read ? read.audit : undefined;
}

/** How old a decision was at which moment; one without a clock was made when it says. */
export function ageOf({ decision, clock }: DecisionEntry): Age {
  return {
    boot: clock?.boot,
    monotonicMs: clock?.ms ?? 0,
    wallMs: clock?.wall_ms ?? Date.parse(decision.since),
    ageMs: clock?.age_ms ?? 0,
  };
}

export function clockOf({ boot, monotonicMs }: Moment): NonNullable<DecisionEntry['clock']> {
  return { ...(boot === undefined ? {} : { boot }), ms: Math.floor(monotonicMs) };
}

/** How long a decision is meant to last; 0 when it blocks nobody. */
export function durationMs(decision: Decision): number {
  const ms = Date.parse(decision.until ?? '') - Date.parse(decision.since);
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
