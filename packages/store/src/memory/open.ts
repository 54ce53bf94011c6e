/** A store in memory: for tests, for trying rules, and as the oracle of the conformance suite. */
import { waitsFor, type Alert, type Block, type SocEvent } from '@mini-soc/model';
import { spanOfAlert, waitingOf } from '../alert-span.ts';
import { checkEvent } from '../check-event.ts';
import { handEvents } from '../hand-events.ts';
import { splitNumbers } from '../split-arrivals.ts';
import type { ArrivalCursor, Store } from '../store.ts';
import { KINDS_IN_FORCE } from '../trail-parts.ts';
import { findAlerts } from './alerts.ts';
import { filtersMet } from './filters-met.ts';
import { createMemoryPositions } from './positions.ts';
import { readEntityEvents } from './read-entity-events.ts';
import { countEvents, countEventsOverTime, searchEvents } from './read-events.ts';
import { readLines } from './read-lines.ts';
import type { Row } from './rows.ts';
import { selectCandidates } from './select-candidates.ts';

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
    filtersMet: async (filters, events) => filtersMet(rows, firstSeq, filters, events),
    selectCandidates: async (request) => selectCandidates(rows, firstSeq, request),
    readEntityEvents: (request) => handEvents(readEntityEvents(rows, request), request),
    readLines: async (eventIds, range) => readLines(rows, eventIds, range),
    searchEvents: async (search) => searchEvents(rows, search),
    countEvents: async (filter, range) => countEvents(rows, filter, range),
    countEventsOverTime: async (range, bucketMs) => countEventsOverTime(rows, range, bucketMs),
    firstVersion: '1',
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
      const waiting = [...alerts.values()].filter(({ alert }) =>
        waitsFor(alert).includes(wanted.lane),
      );
      return findAlerts(waiting, { size: wanted.size }).map(({ alert }) => waitingOf(alert));
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
