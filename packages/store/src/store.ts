/**
 * The store port. A store keeps events, alerts and the block trail, selects candidates and hands
 * their events over in order; it never counts or decides (that is the evaluator's work), so the
 * answer cannot depend on the engine. Shaped for Elasticsearch: bulk writes with per-document
 * outcomes, create-only ids, composite pages, no transactions.
 */
import type { Alert, Block, Position, PositionMove, SocEvent } from '@mini-soc/model';
import type { Entity, Filter, Query } from '@mini-soc/query';

/** Opaque position in order of arrival; only the store that made it understands it. */
export type ArrivalCursor = string & { readonly __brand: 'ArrivalCursor' };

export interface AppendReport {
  readonly stored: number;
  /** Already there under the same event_id. */
  readonly duplicates: number;
  /** Kept as dead letters, with the reason. */
  readonly rejected: readonly { readonly eventId: string; readonly reason: string }[];
}

export interface TimeRange {
  /** from <= t < to, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface CandidateRequest {
  readonly query: Query;
  /** Only entities with a matching event that arrived after this; all when undefined. */
  readonly arrivedAfter: ArrivalCursor | undefined;
  /** …and at or before this. */
  readonly arrivedUpTo: ArrivalCursor;
  readonly pageSize: number;
  /** Token of the previous page. */
  readonly after?: string | undefined;
}

/** Which events are meant: those that arrived in a range, or those of a range of event time. */
export type EventRange =
  | { readonly arrivedAfter: ArrivalCursor | undefined; readonly arrivedUpTo: ArrivalCursor }
  | { readonly range: TimeRange };

/** An entity that could fire: near its new events there are enough matching ones. A superset is allowed, a miss is not. */
export interface Candidate {
  readonly entity: Entity;
  /** Event time of the earliest and the latest new matching event, milliseconds. */
  readonly firstNewMs: number;
  readonly lastNewMs: number;
}

export interface CandidatePage {
  readonly candidates: readonly Candidate[];
  /** Token for the next page; absent on the last one. */
  readonly next?: string;
}

/** What to read of one entity. */
export interface EntitySpan {
  readonly entity: Entity;
  readonly range: TimeRange;
}

export interface EntityEventsRequest {
  readonly query: Query;
  /** Each entity once. */
  readonly spans: readonly EntitySpan[];
  /**
   * What is read of each event, besides event_id, repeat_count and flags. Anything else, text and time
   * of the line too, may be missing then: a store that keeps fields apart need not touch the rest.
   * Without it, events are whole.
   */
  readonly fields?: readonly string[];
  /** Most events of a page; fewer where events are whole. */
  readonly pageSize: number;
  readonly after?: string | undefined;
  /**
   * Gets the events one after the other, each when what it returned for the one before has resolved; the page then
   * holds none. Who looks at each event once need not hold thousands.
   */
  readonly take?: (found: SpanEvent) => Promise<void> | undefined;
}

export interface SpanEvent {
  /** Index into the spans of the request. */
  readonly span: number;
  /** Event time, milliseconds. */
  readonly ms: number;
  readonly event: SparseEvent;
}

/** The line that an event was. */
export type EventLine = Pick<SocEvent, 'event_id' | '@timestamp' | 'message'>;

/** An event of which only what was asked for need be there. */
export type SparseEvent = Partial<SocEvent> & Pick<SocEvent, 'event_id'>;

/** Ordered by (span, @timestamp, event_id). */
export interface EventPage {
  readonly events: readonly SpanEvent[];
  readonly next?: string;
}

export interface EventSearch {
  readonly filter?: Filter;
  readonly range?: TimeRange;
  readonly size: number;
  readonly order: 'newest' | 'oldest';
}

export interface AlertSearch {
  readonly size: number;
  readonly ruleName?: string;
  readonly ruleId?: string;
  /** Alerts of all rules but this one. */
  readonly exceptRuleId?: string;
  /** Alerts of any of these entities. */
  readonly entities?: readonly Entity[];
  readonly status?: Alert['status'];
  readonly responseState?: Alert['response']['state'];
  readonly enriched?: boolean;
  /** Alerts that the product made to try itself (true), or all others (false). */
  readonly selfTest?: boolean;
  /** Episodes that touch this range: first_seen < toMs and last_seen >= fromMs. */
  readonly touching?: TimeRange;
}

/** When the episode of an alert was. */
export interface AlertSpan {
  readonly alertId: string;
  readonly entity: Entity;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Alerts of the outbox that a lane has not acknowledged. */
export interface WaitingSearch {
  readonly lane: string;
  readonly size: number;
}

/** As much of an alert as says when its turn is. */
export interface WaitingAlert {
  readonly alertId: string;
  readonly severity: Alert['severity'];
  readonly late: boolean;
  /** When it was made, milliseconds. */
  readonly ms: number;
  /** All lanes it waits for. */
  readonly waitsFor: readonly string[];
}

export interface VersionedAlert {
  readonly alert: Alert;
  /** For updateAlerts: the update is refused when the alert has changed since. */
  readonly version: string;
}

export interface RetentionReport {
  readonly deletedEvents: number;
  /** Of those, the ones that were young enough to stay, had the store not been too large. */
  readonly deletedForSize: number;
  /** What is left: where the store is a file, what it takes on the disk. */
  readonly sizeBytes: number;
  /** Where the store is a file: what it became smaller by. */
  readonly freedBytes?: number;
}

/** What a store takes on the disk. */
export interface StoreSize {
  readonly fileBytes: number;
  /** Of those, unused: free for what comes, not for others. */
  readonly deadBytes: number;
}

/** What the server does by itself about old events. */
export type Lifecycle =
  | { readonly kind: 'policy'; readonly name: string; readonly deleteAfterDays: number }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Positions of the sources, in the same transactions as the events: whatever becomes of the store, the
 * two agree. Only stores with transactions have it.
 */
export interface PositionStore {
  readonly read: (source: string) => Promise<readonly Position[]>;
  /** Adds those that are not there; of the others only the document changes. Resolves when durable. */
  readonly put: (positions: readonly Position[]) => Promise<void>;
  readonly forget: (ids: readonly string[]) => Promise<void>;
  /** The last `offset` of all stored events that have the id `id:offset`. */
  readonly lastStored: (ids: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

export interface TrailSearch {
  /** Documents from then on, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** `expires_at` is later than this. */
  readonly nowMs: number;
  /** The newest, when there are more. */
  readonly size: number;
}

/** A field of the model that an index of the store does not have as the model wants it. */
export interface FieldGap {
  readonly index: string;
  /** Flat name, or an ECS name that is an alias. */
  readonly field: string;
  /** To follow the field's name and a colon. */
  readonly reason: string;
}

export interface Store {
  readonly name: string;
  /** Absent where positions cannot be moved together with events. */
  readonly positions?: PositionStore;
  /** What could not be brought to the present model when the store was opened. */
  readonly fieldGaps?: readonly FieldGap[];
  /** Why the store's form was left as another version of the product made it. */
  readonly leftAlone?: string;
  /** Who deletes old events when nobody calls retain(); absent where that is nobody. */
  readonly lifecycle?: Lifecycle;
  /**
   * Idempotent by event_id, also within one batch. Resolves when the events are durable. A store with
   * positions moves one in the same transaction: never past a piece that is not stored, whatever failed
   * before and in whichever order appends end. No events and a move: nothing of the piece is an event.
   */
  appendEvents(events: readonly SocEvent[], move?: PositionMove): Promise<AppendReport>;
  /** A position that covers every append that has resolved before this call. */
  arrivalCursor(): Promise<ArrivalCursor>;
  /**
   * Positions on the way from `after` (the beginning when undefined) to `upTo`, the last of them
   * `upTo`, at most about `events` arrivals apart; none when nothing arrived. So that a long way can
   * be gone with bounded memory.
   */
  splitArrivals(
    after: ArrivalCursor | undefined,
    upTo: ArrivalCursor,
    events: number,
  ): readonly ArrivalCursor[];
  /**
   * For each filter, in order, whether one of these events may match it: a yes too many is allowed, a no
   * too many is not. Hundreds of filters are asked together for little more than one.
   */
  filtersMet(filters: readonly Filter[], events: EventRange): Promise<readonly boolean[]>;
  selectCandidates(request: CandidateRequest): Promise<CandidatePage>;
  readEntityEvents(request: EntityEventsRequest): Promise<EventPage>;
  /** Of the events with these ids and a time in the range, those that exist, in any order. */
  readLines(eventIds: readonly string[], range: TimeRange): Promise<readonly EventLine[]>;
  searchEvents(search: EventSearch): Promise<readonly SocEvent[]>;
  countEvents(filter?: Filter, range?: TimeRange): Promise<number>;
  /** Events per bucket over the range, empty buckets included. */
  countEventsOverTime(
    range: TimeRange,
    bucketMs: number,
  ): Promise<readonly { readonly fromMs: number; readonly count: number }[]>;
  /** Version of every alert that was just created; absent where only reading it tells. */
  readonly firstVersion?: string;
  /** An answer for each alert, in order. An alert that is given twice exists the second time. */
  createAlerts(alerts: readonly Alert[]): Promise<readonly ('created' | 'exists')[]>;
  /** An answer for each change, in order; `conflict` when its version is stale: read again and repeat. */
  updateAlerts(changes: readonly VersionedAlert[]): Promise<readonly ('updated' | 'conflict')[]>;
  /** Those that exist, in any order. */
  readAlerts(alertIds: readonly string[]): Promise<readonly VersionedAlert[]>;
  /** Newest first by @timestamp. */
  searchAlerts(search: AlertSearch): Promise<readonly VersionedAlert[]>;
  /** What waits, newest first, without its documents and without alerts that were merged into others. */
  waitingAlerts(wanted: WaitingSearch): Promise<readonly WaitingAlert[]>;
  /** As searchAlerts(), the episodes only, without alerts that were merged into others. */
  searchAlertSpans(search: AlertSearch): Promise<readonly AlertSpan[]>;
  /**
   * An answer for each document, in order, when all are durable. A document that is given twice exists
   * the second time. When it throws, some may be written; one that can never be kept refuses the call.
   */
  appendBlocks(blocks: readonly Block[]): Promise<readonly ('created' | 'exists')[]>;
  /** Newest first. */
  listBlocks(size: number): Promise<readonly Block[]>;
  /** Of these ids, those that the trail has. */
  existingBlocks(blockIds: readonly string[]): Promise<readonly string[]>;
  /**
   * What the trail says of blocks that are to be in force: documents of the kinds blocked, extended,
   * unblocked and expired whose `expires_at` lies ahead, in any order. Of `details` only `reason`,
   * `decision_reason` and `decisions` are there.
   */
  blocksInForce(search: TrailSearch): Promise<readonly Block[]>;
  readState(name: string): Promise<unknown>;
  writeState(name: string, value: unknown): Promise<void>;
  /** Deletes events older than `beforeMs`, then the oldest until the store is at most `maxBytes`. */
  retain(beforeMs: number, maxBytes: number): Promise<RetentionReport>;
  /** Absent where the store is no file. */
  size?(): Promise<StoreSize>;
  /** Throws StoreError when nothing can be read, or nothing can be stored at present. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
