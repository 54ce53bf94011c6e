/** All entries of a journal's bytes, given in pieces. */
import { createDecoder, type DecodedEnd, type Place } from '../src/ledger/journal-lines.ts';

export interface Decoded extends DecodedEnd {
  readonly entries: readonly unknown[];
  readonly places: readonly Place[];
}

export function decodeJournal(
  bytes: Buffer,
  name: string,
  pieceBytes = Math.max(1, bytes.length),
): Decoded {
  const entries: unknown[] = [];
  const places: Place[] = [];
  const decoder = createDecoder(name, (entry, place) => {
    entries.push(entry);
    places.push(place);
  });
  for (let at = 0; at < bytes.length; at += pieceBytes)
    decoder.push(bytes.subarray(at, at + pieceBytes));
  return { entries, places, ...decoder.end() };
}
