/** Events of many entities in order. */
import { compileFilter, entityKey } from '@mini-soc/query';
import type { EntityEventsRequest, EventPage } from '../store.ts';
import { byTime, inRange, keyedEntity, type Row } from './rows.ts';

export function readEntityEvents(rows: readonly Row[], request: EntityEventsRequest): EventPage {
  const matches = compileFilter(request.query.filter);
  const spanOf = new Map(request.spans.map((span, index) => [entityKey(span.entity), index]));
  const all: { span: number; row: Row }[] = [];
  for (const row of rows) {
    const keyed = matches(row.event) ? keyedEntity(request.query, row) : undefined;
    const span = keyed === undefined ? undefined : spanOf.get(keyed.key);
    if (span !== undefined && inRange(row, request.spans[span]?.range)) all.push({ span, row });
  }
  all.sort((a, b) => a.span - b.span || byTime(a.row, b.row));
  const start = request.after === undefined ? 0 : Number(request.after);
  const events = all
    .slice(start, start + request.pageSize)
    .map(({ span, row }) => ({ span, ms: row.timeMs, event: row.event }));
  return start + events.length < all.length
    ? { events, next: String(start + events.length) }
    : { events };
}
