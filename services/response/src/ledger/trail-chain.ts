/**
 * Documents of the trail are a chain of their own: each has a number, a sum of itself and of the one before,
 * and the head that the ledger's chain had when it was made. So the store keeps what the ledger was, and a
 * document that was changed, taken out or put in shows.
 */
import type { Block } from '@mini-soc/model';
import { z } from 'zod';
import { sumOf } from './chain.ts';

export const trailHeadSchema = z.object({ seq: z.int().min(0), link: z.string() });
/** The last document: its number, from 1, and its sum. */
export type TrailHead = Readonly<z.infer<typeof trailHeadSchema>>;

const stampSchema = trailHeadSchema.extend({ ledger: z.string() });
export type Stamp = Readonly<z.infer<typeof stampSchema>>;

export const NO_TRAIL: TrailHead = { seq: 0, link: '' };

/** Undefined for documents of an older version, and for what is none of ours. */
export function stampOf(block: Block): Stamp | undefined {
  const parsed = stampSchema.safeParse(block.details['chain']);
  return parsed.success ? parsed.data : undefined;
}

export function stampDocument(block: Block, before: TrailHead, ledger: string): Block {
  const seq = before.seq + 1;
  const chain: Stamp = { seq, link: linkOf(block, before.link, { seq, ledger }), ledger };
  return { ...block, details: { ...block.details, chain } };
}

/** What a document's link must be when it follows that one. */
export function linkAfter(block: Block, before: string): string | undefined {
  const stamp = stampOf(block);
  return stamp === undefined ? undefined : linkOf(block, before, stamp);
}

export function headOf(block: Block | undefined, before: TrailHead): TrailHead {
  const stamp = block === undefined ? undefined : stampOf(block);
  return stamp === undefined || stamp.seq <= before.seq
    ? before
    : { seq: stamp.seq, link: stamp.link };
}

function linkOf(block: Block, before: string, { seq, ledger }: Omit<Stamp, 'link'>): string {
  const { chain: _chain, ...details } = block.details;
  return sumOf(before, canonical({ ...block, details, chain: { seq, ledger } }));
}

/** The same text for the same document, whatever order a store gives its fields in. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
