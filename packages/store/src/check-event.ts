/** The last check before an event is stored: what cannot be stored becomes a dead letter, with why. */
import { LIMITS, type SocEvent } from '@mini-soc/model';

export interface StorableEvent {
  readonly event: SocEvent;
  /** Event time, milliseconds. */
  readonly timeMs: number;
  /** The document as JSON text. */
  readonly document: string;
}

/** Longest document that is stored, in UTF-16 units. */
export const MAX_DOCUMENT_LENGTH = LIMITS.document_characters.value;

/** The event ready to store, or the reason why it cannot be. */
export function checkEvent(event: SocEvent): StorableEvent | { readonly reason: string } {
  if (typeof event.event_id !== 'string' || event.event_id === '')
    return { reason: 'event_id is missing' };
  const timeMs = Date.parse(event['@timestamp']);
  if (!Number.isFinite(timeMs)) return { reason: '@timestamp is not a time' };
  let document: string;
  try {
    document = JSON.stringify(event);
  } catch (error) {
    return {
      reason: `the event cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  if (document.length > MAX_DOCUMENT_LENGTH)
    return { reason: `the event is longer than ${MAX_DOCUMENT_LENGTH} characters` };
  return { event, timeMs, document };
}
