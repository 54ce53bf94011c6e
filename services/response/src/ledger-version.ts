/**
 * The form of the ledger, as an entry of its own at its beginning. A ledger without one is of before there
 * were numbers, and form 1. A newer form is one that this code would misread; an entry of a kind that it does
 * not know but whose ledger has no newer number only says more, and is kept.
 */
import { UsageError } from '@mini-soc/model';
import { z } from 'zod';

export const LEDGER_VERSION = 1;

export const versionEntrySchema = z.object({
  kind: z.literal('version'),
  version: z.int().min(1),
  /** Version of mini-SOC that wrote it. */
  product: z.string(),
});
export type VersionEntry = z.infer<typeof versionEntrySchema>;

/** Throws UsageError in one sentence for a ledger of a newer form. */
export function refuseNewerLedger(entries: readonly unknown[], file: string): void {
  for (const entry of entries) {
    const parsed = versionEntrySchema.safeParse(entry);
    if (parsed.success && parsed.data.version > LEDGER_VERSION)
      throw new UsageError(
        `Cannot open the ledger "${file}": it has form ${parsed.data.version}, written by mini-SOC ${parsed.data.product.slice(0, 40)}, this version knows forms up to ${LEDGER_VERSION} (start the newer version again, or restore a backup of before; nothing was changed)`,
      );
  }
}

const anyEntrySchema = z.looseObject({ kind: z.string() });

/** Whether a whole entry is of a kind that none of `kinds` is: a later version's, not a damaged one. */
export function isForeign(entry: unknown, kinds: ReadonlySet<string>): boolean {
  const parsed = anyEntrySchema.safeParse(entry);
  return parsed.success && !kinds.has(parsed.data.kind);
}
