/** Entities that could fire, as the oracle says it. */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, couldFire, type Predicate } from '@mini-soc/query';
import { nearNew } from '../near-new.ts';
import type { Candidate, CandidatePage, CandidateRequest } from '../store.ts';
import { inRange, keyedEntity, type Row } from './rows.ts';

/** `firstSeq` is the position before the first row. */
export function selectCandidates(
  rows: readonly Row[],
  firstSeq: number,
  request: CandidateRequest,
): CandidatePage {
  const { query } = request;
  const matches = compileFilter(query.filter);
  const found = newEntities(rows, firstSeq, request, matches);
  const near = new Map<string, SocEvent[]>();
  for (const row of rows) {
    const { event } = row;
    const key = matches(event) ? keyedEntity(query, row)?.key : undefined;
    const candidate = key === undefined ? undefined : found.get(key);
    if (key === undefined || candidate === undefined) continue;
    if (!inRange(row, nearNew(query, candidate))) continue;
    const others = near.get(key);
    if (others === undefined) near.set(key, [event]);
    else others.push(event);
  }
  const keys = [...found.keys()]
    .filter((key) => couldFire(query, near.get(key) ?? []))
    .toSorted((a, b) => (a < b ? -1 : 1));
  const page = keys.slice(0, request.pageSize);
  const candidates = page.map((key) => found.get(key) as Candidate);
  return keys.length > page.length ? { candidates, next: page.at(-1) as string } : { candidates };
}

/** New events by entity, after the last one of the page before. */
function newEntities(
  rows: readonly Row[],
  firstSeq: number,
  { query, arrivedAfter, arrivedUpTo, after }: CandidateRequest,
  matches: Predicate,
): ReadonlyMap<string, Candidate> {
  const from = arrivedAfter === undefined ? 0 : Math.max(0, Number(arrivedAfter) - firstSeq);
  const found = new Map<string, Candidate>();
  for (const row of rows.slice(from, Number(arrivedUpTo) - firstSeq)) {
    const { event, timeMs } = row;
    const keyed = matches(event) ? keyedEntity(query, row) : undefined;
    if (keyed === undefined || (after !== undefined && keyed.key <= after)) continue;
    const before = found.get(keyed.key);
    found.set(keyed.key, {
      entity: keyed.entity,
      firstNewMs: Math.min(timeMs, before?.firstNewMs ?? timeMs),
      lastNewMs: Math.max(timeMs, before?.lastNewMs ?? timeMs),
    });
  }
  return found;
}
