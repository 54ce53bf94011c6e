/** An event as it is stored: what a parser made of a line, and where that line stood. */
import type { ParsedEvent, SocEvent } from '@mini-soc/model';
import { parseIpRange } from '@mini-soc/model/ip-address';
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
  const network = parsed.source_ip === undefined ? undefined : networkOf64(parsed.source_ip);
  if (network !== undefined) document.source_network = network;
  if (origin.file !== undefined) document.log_file = origin.file;
  if (origin.offset !== undefined) document.log_offset = origin.offset;
  if (origin.flags.length > 0)
    document.flags =
      document.flags === undefined ? origin.flags.slice() : document.flags.concat(origin.flags);
  return document;
}

/**
 * The /64 of an IPv6 address; undefined for IPv4. Who owns one has 2^64 addresses, a new one for each attempt.
 * `address` is canonical.
 */
function networkOf64(address: string): string | undefined {
  if (address.indexOf(':') < 0) return undefined;
  const range = parseIpRange(address);
  if (range === undefined || range.family !== 6) return undefined;
  const groups = range.parts.slice(0, 4).map((part) => part.toString(16));
  const network = parseIpRange(groups.join(':') + '::/64');
  return network === undefined ? undefined : network.text;
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
