/** Puts an event among others, which are in the order of (time, id). */
import type { SocEvent } from '@mini-soc/model';

export function insert(
  list: { readonly ms: number; readonly event: SocEvent }[],
  fresh: { readonly ms: number; readonly event: SocEvent },
): void {
  let at = list.length;
  while (at > 0) {
    const before = list[at - 1] as { readonly ms: number; readonly event: SocEvent };
    if (
      before.ms < fresh.ms ||
      (before.ms === fresh.ms && before.event.event_id <= fresh.event.event_id)
    )
      break;
    at -= 1;
  }
  list.splice(at, 0, fresh);
}
