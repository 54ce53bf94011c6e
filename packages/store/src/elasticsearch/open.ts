/** The store on an Elasticsearch 8.19 or 9, for more than one host. */
import { AppError, UsageError } from '@mini-soc/model';
import type { Lifecycle, Store } from '../store.ts';
import {
  createAlerts,
  readAlerts,
  searchAlerts,
  searchAlertSpans,
  updateAlerts,
  waitingAlerts,
} from './alerts.ts';
import { appendEvents } from './append-events.ts';
import { readArrivalCursor, splitPositions, refresh } from './arrival-cursor.ts';
import { appendBlocks, blocksInForce, existingBlocks, listBlocks } from './blocks.ts';
import {
  createConnection,
  DEFAULT_RETRY,
  type Connection,
  type ElasticsearchAuth,
  type RetryPolicy,
} from './connection.ts';
import { findDeadLetter, type FoundDeadLetter } from './dead-letters.ts';
import { describeOpening } from './describe-failure.ts';
import { expectIndices, nameIndices, prepareIndices, type Prepared } from './indices.ts';
import { prepareManaged } from './lifecycle.ts';
import { readEntityEvents } from './read-entity-events.ts';
import { countEvents, countEventsOverTime, searchEvents } from './read-events.ts';
import { readLines } from './read-lines.ts';
import { retain } from './retain.ts';
import { filtersMet } from './filters-met.ts';
import { selectCandidates } from './select-candidates.ts';
import { makeDays, prepareSensors, settingsForSensors } from './sensors.ts';
import { readState, writeState } from './states.ts';

export interface ElasticsearchStoreOptions {
  /** http(s) address. Credentials in it are used when `auth` is not given. */
  readonly url: string;
  readonly auth?: ElasticsearchAuth | undefined;
  /** Certificate authority that signed the server's certificate, PEM text. */
  readonly ca?: string | undefined;
  /** What the names of our indices start with. Default `soc`. */
  readonly prefix?: string;
  /**
   * Who writes templates and indices: this store (`prepare`, the default), or another one, whose work must
   * be done (`expect`). Only the first needs rights on templates.
   */
  readonly indices?: 'prepare' | 'expect';
  /**
   * How long events are kept, milliseconds: a store that prepares lets the server's own lifecycle of indices
   * follow it. Without it, and for a store that expects, lifecycles are left alone.
   */
  readonly retentionMs?: number;
  readonly now?: () => Date;
  readonly retry?: RetryPolicy;
  /** Longest wait for one answer, milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number;
}

export interface ElasticsearchStore extends Store {
  /** A dead letter since then in whose line the words stand, also one of a shipper. Throws StoreError. */
  readonly findDeadLetter: (words: string, sinceMs: number) => Promise<FoundDeadLetter | undefined>;
}

/**
 * Opens the store and, if it is to, writes its index templates. Throws UsageError in one sentence, without any
 * credential: not reachable or not prepared yet (`retryable`: it may come), refused, not trusted, no Elasticsearch.
 */
export async function openElasticsearchStore(
  options: ElasticsearchStoreOptions,
): Promise<ElasticsearchStore> {
  const names = nameIndices(options.prefix ?? 'soc');
  const now = options.now ?? (() => new Date());
  const connection = createConnection({
    url: options.url,
    auth: options.auth,
    ca: options.ca,
    retry: options.retry ?? DEFAULT_RETRY,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
  });
  let prepared: Prepared & { readonly lifecycle?: Lifecycle } = { fieldGaps: [] };
  let hasSensors = false;
  try {
    await checkServer(connection);
    if (options.indices === 'expect') await expectIndices(connection, names);
    else {
      hasSensors = await prepareSensors(connection, names);
      const settings = settingsForSensors(names, hasSensors);
      prepared =
        options.retentionMs === undefined
          ? await prepareIndices(connection, names, settings)
          : await prepareManaged(connection, names, options.retentionMs, settings);
      if (hasSensors)
        await makeDays(
          connection,
          names,
          now().getTime() - (options.retentionMs ?? Infinity),
          now(),
        );
    }
  } catch (cause) {
    await connection.close();
    throw cause instanceof AppError ? cause : describeOpening(connection.url, cause);
  }
  // What this store appended is visible to its own reads; what others did, at the latest to a cursor.
  let appended = 0;
  let visible = 0;
  const showAppended = async () => {
    const upTo = appended;
    if (visible >= upTo) return;
    await refresh(connection, names.events);
    visible = Math.max(visible, upTo);
  };

  return {
    name: 'elasticsearch',
    ...prepared,
    async appendEvents(events) {
      try {
        return await appendEvents(connection, names, events, now);
      } finally {
        appended += 1;
      }
    },
    arrivalCursor: () => readArrivalCursor(connection, names),
    splitArrivals: splitPositions,
    async filtersMet(filters, events) {
      if ('range' in events) await showAppended();
      return filtersMet(connection, names, filters, events);
    },
    selectCandidates: (request) => selectCandidates(connection, names, request),
    async readEntityEvents(request) {
      await showAppended();
      return readEntityEvents(connection, names, request);
    },
    async readLines(eventIds, range) {
      await showAppended();
      return readLines(connection, names, eventIds, range);
    },
    async searchEvents(request) {
      await showAppended();
      return searchEvents(connection, names, request);
    },
    async countEvents(filter, range) {
      await showAppended();
      return countEvents(connection, names, filter, range);
    },
    async countEventsOverTime(range, bucketMs) {
      await showAppended();
      return countEventsOverTime(connection, names, range, bucketMs);
    },
    createAlerts: (alerts) => createAlerts(connection, names, alerts),
    updateAlerts: (changes) => updateAlerts(connection, names, changes),
    readAlerts: (alertIds) => readAlerts(connection, names, alertIds),
    searchAlerts: (request) => searchAlerts(connection, names, request),
    waitingAlerts: (wanted) => waitingAlerts(connection, names, wanted),
    searchAlertSpans: (request) => searchAlertSpans(connection, names, request),
    appendBlocks: (blocks) => appendBlocks(connection, names, blocks),
    listBlocks: (size) => listBlocks(connection, names, size),
    existingBlocks: (blockIds) => existingBlocks(connection, names, blockIds),
    blocksInForce: (search) => blocksInForce(connection, names, search),
    readState: (name) => readState(connection, names, name),
    writeState: (name, value) => writeState(connection, names, name, value),
    findDeadLetter: (words, sinceMs) => findDeadLetter(connection, names, words, sinceMs),
    async retain(beforeMs, maxBytes) {
      const report = await retain(connection, names, beforeMs, maxBytes, now());
      if (hasSensors) await makeDays(connection, names, beforeMs, now());
      appended += 1;
      return report;
    },
    async ping() {
      await connection.sendOnce({ action: 'reach', method: 'GET', path: '/' });
    },
    close: () => connection.close(),
  };
}

async function checkServer(connection: Connection): Promise<void> {
  const { version } = await connection.sendOnce<{ readonly version: { readonly number: string } }>({
    action: 'reach',
    method: 'GET',
    path: '/',
  });
  const [major = 0, minor = 0] = version.number.split('.').map(Number);
  if (major < 8 || (major === 8 && minor < 19))
    throw new UsageError(
      `Cannot open Elasticsearch at "${connection.url}": expected version 8.19 or 9: current value is ${version.number.slice(0, 20)} (upgrade the server)`,
    );
}
