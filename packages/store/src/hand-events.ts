/** For an engine that has a page of events in its hands anyway. */
import type { EntityEventsRequest, EventPage } from './store.ts';

/** Gives the events of the page to who takes them one by one; the page without them, or as it is. */
export async function handEvents(
  page: EventPage,
  { take }: Pick<EntityEventsRequest, 'take'>,
): Promise<EventPage> {
  if (take === undefined) return page;
  for (const found of page.events) {
    const turn = take(found);
    if (turn !== undefined) await turn;
  }
  return { ...page, events: [] };
}
