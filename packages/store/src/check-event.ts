/** The last check before an event is stored: what cannot be stored becomes a dead letter, with why. */
import { LIMITS, type SocEvent } from '@mini-soc/model';

export interface StorableEvent {
  readonly event: SocEvent;
  /** Event time, milliseconds. */
  readonly timeMs: number;
  /** The document as JSON text; without what the store keeps elsewhere. */
  readonly document: string;
}

/** Longest document that is stored, in UTF-16 units. */
export const MAX_DOCUMENT_LENGTH = LIMITS.document_characters.value;

export interface WrittenEvent {
  readonly document: string;
  /** At least the length of the whole event as JSON, in UTF-16 units. */
  readonly wholeLength: number;
}

function writeWhole(event: SocEvent): WrittenEvent {
  const document = JSON.stringify(event);
  return { document, wholeLength: document.length };
}

/**
 * The event ready to store, or the reason why it cannot be. A store that keeps part of the event
 * elsewhere gives its own `write`, which throws what JSON.stringify() throws.
 */
export function checkEvent(
  event: SocEvent,
  write: (event: SocEvent) => WrittenEvent = writeWhole,
): StorableEvent | { readonly reason: string } {
  if (typeof event.event_id !== 'string' || event.event_id === '')
    return { reason: 'event_id is missing' };
  const timeMs = readTime(event['@timestamp']);
  if (!Number.isFinite(timeMs)) return { reason: '@timestamp is not a time' };
  let written: WrittenEvent;
  try {
    written = write(event);
    if (written.wholeLength > MAX_DOCUMENT_LENGTH && write !== writeWhole)
      written = { ...written, wholeLength: JSON.stringify(event).length };
  } catch (error) {
    return {
      reason: `the event cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  if (written.wholeLength > MAX_DOCUMENT_LENGTH)
    return { reason: `the event is longer than ${MAX_DOCUMENT_LENGTH} characters` };
  return { event, timeMs, document: written.document };
}

let lastTime = '';
let lastTimeMs = Number.NaN;

/** Most events of a burst have the time of the one before. */
function readTime(time: string): number {
  if (time !== lastTime) {
    lastTimeMs = Date.parse(time);
    lastTime = time;
  }
  return lastTimeMs;
}
