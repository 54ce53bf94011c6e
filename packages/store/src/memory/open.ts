/** A store in memory: for tests, for trying rules, and as the oracle of the conformance suite. */
import type { Alert, Block, SocEvent } from '@mini-soc/model';
import {
  compileFilter,
  couldFire,
  entityKey,
  entityOf,
  type Entity,
  type Query,
} from '@mini-soc/query';
import { checkEvent } from '../check-event.ts';
import { splitNumbers } from '../split-arrivals.ts';
import { nearNew } from '../near-new.ts';
import { spanOfAlert, waitingOf } from '../alert-span.ts';
import { lineOf } from '../event-line.ts';
import type { ArrivalCursor, Candidate, Store, TimeRange } from '../store.ts';
import { KINDS_IN_FORCE } from '../trail-parts.ts';
import { findAlerts } from './alerts.ts';
import { createMemoryPositions } from './positions.ts';

interface Row {
  readonly event: SocEvent;
  readonly timeMs: number;
  /** Fields of a grouping → the entity, undefined where a field is missing. */
  readonly entities: Map<string, Keyed | undefined>;
}

interface Keyed {
  readonly entity: Entity;
  readonly key: string;
}

/** Each event is asked in every page of every cycle, always for the same few groupings. */
function keyedEntity(query: Query, { event, entities }: Row): Keyed | undefined {
  const grouping = query.groupBy.join('\n');
  if (!entities.has(grouping)) {
    const entity = entityOf(query, event);
    entities.set(grouping, entity === undefined ? undefined : { entity, key: entityKey(entity) });
  }
  return entities.get(grouping);
}

/** Without the copy of the alert's details. */
function withoutCopies(block: Block): Block {
  const kept = ['reason', 'decision_reason', 'decisions'];
  const { block_duration_seconds: _duration, ...rest } = structuredClone(block);
  return {
    ...rest,
    details: Object.fromEntries(
      Object.entries(rest.details).filter(([name]) => kept.includes(name)),
    ),
  };
}

export function createMemoryStore(): Store {
  const rows: Row[] = [];
  const ids = new Set<string>();
  const deadLetters: {
    readonly eventId: string;
    readonly reason: string;
    readonly message: string;
  }[] = [];
  const alerts = new Map<string, { alert: Alert; version: number }>();
  const blocks = new Map<string, Block>();
  const states = new Map<string, string>();
  const positions = createMemoryPositions(() => ids);
  let firstSeq = 0; // rows deleted by retention shift the positions

  const byTime = (a: Row, b: Row) =>
    a.timeMs - b.timeMs || (a.event.event_id < b.event.event_id ? -1 : 1);
  const inRange = (row: Row, range: TimeRange | undefined) =>
    range === undefined || (row.timeMs >= range.fromMs && row.timeMs < range.toMs);

  return {
    name: 'memory',
    positions: positions.store,
    async appendEvents(events, move) {
      const rejected: { eventId: string; reason: string }[] = [];
      let stored = 0;
      let duplicates = 0;
      for (const event of events) {
        const checked = checkEvent(event);
        if ('reason' in checked) {
          const letter = { eventId: event.event_id, reason: checked.reason };
          rejected.push(letter);
          deadLetters.push({ ...letter, message: event.message });
        } else if (ids.has(event.event_id)) duplicates += 1;
        else {
          ids.add(event.event_id);
          rows.push({
            event: JSON.parse(checked.document) as SocEvent,
            timeMs: checked.timeMs,
            entities: new Map(),
          });
          stored += 1;
        }
      }
      if (move !== undefined) positions.move(move);
      return { stored, duplicates, rejected };
    },
    async arrivalCursor() {
      return String(firstSeq + rows.length) as ArrivalCursor;
    },
    splitArrivals: (after, upTo, count) => splitNumbers(firstSeq, after, upTo, count),
    async selectCandidates(request) {
      const matches = compileFilter(request.query.filter);
      const from =
        request.arrivedAfter === undefined
          ? 0
          : Math.max(0, Number(request.arrivedAfter) - firstSeq);
      const to = Number(request.arrivedUpTo) - firstSeq;
      const found = new Map<string, Candidate>();
      for (const row of rows.slice(from, to)) {
        const { event, timeMs } = row;
        const keyed = matches(event) ? keyedEntity(request.query, row) : undefined;
        if (keyed === undefined) continue;
        const { key } = keyed;
        if (request.after !== undefined && key <= request.after) continue;
        const before = found.get(key);
        found.set(key, {
          entity: keyed.entity,
          firstNewMs: Math.min(timeMs, before?.firstNewMs ?? timeMs),
          lastNewMs: Math.max(timeMs, before?.lastNewMs ?? timeMs),
        });
      }
      const near = new Map<string, SocEvent[]>();
      for (const row of rows) {
        const { event } = row;
        const key = matches(event) ? keyedEntity(request.query, row)?.key : undefined;
        const candidate = key === undefined ? undefined : found.get(key);
        if (key === undefined || candidate === undefined) continue;
        if (!inRange(row, nearNew(request.query, candidate))) continue;
        const others = near.get(key);
        if (others === undefined) near.set(key, [event]);
        else others.push(event);
      }
      const keys = [...found.keys()]
        .filter((key) => couldFire(request.query, near.get(key) ?? []))
        .toSorted((a, b) => (a < b ? -1 : 1));
      const page = keys.slice(0, request.pageSize);
      const candidates = page.map((key) => found.get(key) as Candidate);
      return keys.length > page.length
        ? { candidates, next: page.at(-1) as string }
        : { candidates };
    },
    async readEntityEvents(request) {
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
      const events = all.slice(start, start + request.pageSize).map(({ span, row }) => ({
        span,
        ms: row.timeMs,
        event: row.event,
      }));
      return start + events.length < all.length
        ? { events, next: String(start + events.length) }
        : { events };
    },
    async readLines(eventIds, range) {
      const wanted = new Set(eventIds);
      return rows
        .filter((row) => wanted.has(row.event.event_id) && inRange(row, range))
        .map(({ event }) => lineOf(event));
    },
    async searchEvents(search) {
      const matches = search.filter === undefined ? () => true : compileFilter(search.filter);
      const found = rows
        .filter((row) => inRange(row, search.range) && matches(row.event))
        .toSorted(byTime);
      if (search.order === 'newest') found.reverse();
      return found.slice(0, search.size).map((row) => row.event);
    },
    async countEvents(filter, range) {
      const matches = filter === undefined ? () => true : compileFilter(filter);
      return rows.filter((row) => inRange(row, range) && matches(row.event)).length;
    },
    async countEventsOverTime(range, bucketMs) {
      const counts = new Map<number, number>();
      for (let at = range.fromMs; at < range.toMs; at += bucketMs) counts.set(at, 0);
      for (const row of rows) {
        const bucket = range.fromMs + Math.floor((row.timeMs - range.fromMs) / bucketMs) * bucketMs;
        if (inRange(row, range)) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      }
      return [...counts].map(([fromMs, count]) => ({ fromMs, count }));
    },
    async createAlerts(fresh) {
      return fresh.map((alert) => {
        if (alerts.has(alert.alert_id)) return 'exists';
        alerts.set(alert.alert_id, { alert: structuredClone(alert), version: 1 });
        return 'created';
      });
    },
    async updateAlerts(changes) {
      return changes.map(({ alert, version }) => {
        const present = alerts.get(alert.alert_id);
        if (present === undefined || String(present.version) !== version) return 'conflict';
        alerts.set(alert.alert_id, { alert: structuredClone(alert), version: present.version + 1 });
        return 'updated';
      });
    },
    async readAlerts(alertIds) {
      return [...new Set(alertIds)]
        .map((id) => alerts.get(id))
        .filter((present) => present !== undefined)
        .map(({ alert, version }) => ({ alert: structuredClone(alert), version: String(version) }));
    },
    async searchAlerts(search) {
      return findAlerts(alerts.values(), search).map(({ alert, version }) => ({
        alert: structuredClone(alert),
        version: String(version),
      }));
    },
    async waitingAlerts(wanted) {
      const search =
        wanted.for === 'response' ? { responseState: 'pending' as const } : { enriched: false };
      return findAlerts(alerts.values(), { ...search, size: Number.MAX_SAFE_INTEGER })
        .filter(({ alert }) => alert.details.merged_into === undefined)
        .slice(0, wanted.size)
        .map(({ alert }) => waitingOf(alert));
    },
    async searchAlertSpans(search) {
      return findAlerts(alerts.values(), { ...search, size: Number.MAX_SAFE_INTEGER })
        .filter(({ alert }) => alert.details.merged_into === undefined)
        .slice(0, search.size)
        .map(({ alert }) => spanOfAlert(alert));
    },
    async appendBlocks(fresh) {
      return fresh.map((block) => {
        if (blocks.has(block.block_id)) return 'exists';
        blocks.set(block.block_id, structuredClone(block));
        return 'created';
      });
    },
    async listBlocks(size) {
      return [...blocks.values()]
        .toReversed()
        .toSorted((a, b) => Date.parse(b['@timestamp']) - Date.parse(a['@timestamp']))
        .slice(0, size);
    },
    async existingBlocks(blockIds) {
      return [...new Set(blockIds)].filter((id) => blocks.has(id));
    },
    async blocksInForce({ sinceMs, nowMs, size }) {
      return [...blocks.values()]
        .toReversed()
        .filter(
          (block) =>
            KINDS_IN_FORCE.some((kind) => kind === block.kind) &&
            Date.parse(block['@timestamp']) >= sinceMs &&
            Date.parse(block.expires_at ?? '') > nowMs,
        )
        .slice(0, size)
        .map(withoutCopies);
    },
    async readState(name) {
      const text = states.get(name);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
    async writeState(name, value) {
      states.set(name, JSON.stringify(value));
    },
    async retain(beforeMs) {
      const kept = rows.filter((row) => row.timeMs >= beforeMs);
      const deletedEvents = rows.length - kept.length;
      firstSeq += deletedEvents;
      for (const row of rows) if (row.timeMs < beforeMs) ids.delete(row.event.event_id);
      rows.splice(0, rows.length, ...kept);
      return { deletedEvents, deletedForSize: 0, sizeBytes: 0 };
    },
    async ping() {
      return undefined;
    },
    async close() {
      return undefined;
    },
  };
}
