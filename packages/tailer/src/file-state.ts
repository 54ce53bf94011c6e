/** What is remembered of a file, and how it stands in the store of positions. */
import type { Position } from '@mini-soc/model';
import { z } from 'zod';

export const FINGERPRINT_BYTES = 1024;

const fingerprintSchema = z.object({
  length: z.int().min(0).max(FINGERPRINT_BYTES),
  hash: z.string(),
});
/** Hash of the first `length` bytes. */
export type Fingerprint = z.infer<typeof fingerprintSchema>;

const identitySchema = z.object({
  /** `file`: content we read; `seen`: content that was there before us; `name`: a name we follow. */
  kind: z.enum(['file', 'seen', 'name']),
  /** The name under which it was followed first: its generations belong together. */
  name: z.string(),
  path: z.string(),
  dev: z.number(),
  ino: z.number(),
  fingerprint: fingerprintSchema,
  /** Read to its end and let go. */
  isDone: z.boolean(),
  isGzip: z.boolean(),
  /** Of a name whose generations are being looked for: those that changed at this time or later. */
  searchFromMs: z.number().optional(),
});

export const fileStateSchema = identitySchema.extend({
  /** Identity of the content, made of its first line and its place: begins the ids of its events. */
  id: z.string(),
  offset: z.int().min(0),
  /** The last line before the offset: where it begins, and its hash. */
  mark: z.object({ at: z.int().min(0), hash: z.int() }).optional(),
  /** When the file was changed last, as it was read last: the file system's time, not ours. */
  seenMs: z.number(),
});
export type FileState = z.infer<typeof fileStateSchema>;
export type Mark = NonNullable<FileState['mark']>;

export const POSITION_SOURCE = 'file';

export function toPosition(state: FileState): Position {
  const { id, offset, mark, seenMs, ...identity } = state;
  return {
    id,
    source: POSITION_SOURCE,
    readTo: offset,
    markAt: mark?.at ?? -1,
    mark: mark?.hash ?? 0,
    seenMs,
    document: JSON.stringify(identity),
  };
}

/** Undefined when the document is none of ours. */
export function fromPosition(position: Position): FileState | undefined {
  let document: unknown;
  try {
    document = JSON.parse(position.document);
  } catch {
    return undefined;
  }
  const identity = identitySchema.safeParse(document);
  if (!identity.success) return undefined;
  return {
    ...identity.data,
    id: position.id,
    offset: position.readTo,
    ...(position.markAt < 0 ? {} : { mark: { at: position.markAt, hash: position.mark } }),
    seenMs: position.seenMs,
  };
}

/** One key per file of the machine, whatever its name. */
export function keyOf(facts: { readonly dev: number; readonly ino: number }): string {
  return `${facts.dev}:${facts.ino}`;
}
