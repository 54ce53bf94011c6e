/**
 * The form of the ledger, as an entry of its own at its beginning. A ledger without one is of before there
 * were numbers, and form 1. A newer form is one that this code would misread; an entry of a kind that it does
 * not know but whose ledger has no newer number only says more, and is kept.
 */
import { UsageError } from '@mini-soc/model';
import { z } from 'zod';
import { trailHeadSchema } from './trail-chain.ts';

export const LEDGER_VERSION = 1;

export const versionEntrySchema = z.object({
  kind: z.literal('version'),
  version: z.int().min(1),
  /** Version of mini-SOC that wrote it. */
  product: z.string(),
  /** Head of the chain of the file that was rewritten to this one. */
  after: z.string().optional(),
  /** The last document of the trail when it was. */
  trail: trailHeadSchema.optional(),
});
export type VersionEntry = z.infer<typeof versionEntrySchema>;

/** Throws UsageError in one sentence for a ledger of a newer form. */
export function refuseNewerLedger({ version, product }: VersionEntry, file: string): void {
  if (version > LEDGER_VERSION)
    throw new UsageError(
      `Cannot open the ledger "${file}": it has form ${version}, written by mini-SOC ${product.slice(0, 40)}, this version knows forms up to ${LEDGER_VERSION} (start the newer version again, or restore a backup of before; nothing was changed)`,
    );
}
