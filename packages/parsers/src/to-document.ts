/** An event as it is stored: what a parser made of a line, and where that line stood. */
import type { ParsedEvent, SocEvent } from '@mini-soc/model';
import type { EventFlag } from './draft.ts';
import { formatTime } from './timestamp.ts';

export interface LineOrigin {
  readonly eventId: string;
  /** When the line reached us, ISO 8601 UTC. */
  readonly ingestedAt: string;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  /** What was odd about the line before it was parsed. */
  readonly flags: readonly EventFlag[];
}

type Document = { -readonly [Field in keyof SocEvent]: SocEvent[Field] };

/** Completes the event in place: `parsed` is used up. */
export function toDocument(parsed: ParsedEvent, origin: LineOrigin): SocEvent {
  const document = parsed as Document;
  document.event_id = origin.eventId;
  document.ingested_at = origin.ingestedAt;
  if (origin.file !== undefined) document.log_file = origin.file;
  if (origin.offset !== undefined) document.log_offset = origin.offset;
  if (origin.flags.length > 0)
    document.flags =
      document.flags === undefined ? origin.flags.slice() : document.flags.concat(origin.flags);
  return document;
}

/** A line that no parser understands, for those that are to be stored even so. */
export function unreadLine(message: string, arrivalMs: number): ParsedEvent {
  return {
    '@timestamp': formatTime(arrivalMs),
    message: message,
    log_type: 'system',
    action: 'unknown',
    status: 'info',
  };
}
