import type { EventLine } from './store.ts';

export function lineOf({ event_id, '@timestamp': time, message }: EventLine): EventLine {
  return { event_id, '@timestamp': time, message };
}
