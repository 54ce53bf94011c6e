import { createHash } from 'node:crypto';

/** Ids of any length and any characters, as the id of a document. */
export function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
