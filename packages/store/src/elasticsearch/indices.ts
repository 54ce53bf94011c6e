/**
 * Names and settings of our indices. The mappings follow from the model (`mapping.ts`); the templates are
 * ours, written at every start, so that an index a shipper creates first looks the same.
 */
import { UsageError } from '@mini-soc/model';
import type { FieldGap } from '../store.ts';
import type { Connection } from './connection.ts';
import { extendIndices, MAPPING_VERSION, readTemplateVersion } from './extend-mappings.ts';
import { alertMapping, blockMapping, eventMapping, type Mapping } from './mapping.ts';

export interface IndexNames {
  /** Every index of events. */
  readonly events: string;
  readonly alerts: string;
  readonly blocks: string;
  readonly states: string;
  readonly deadLetters: string;
  /** Of the lifecycle of the indices of events. */
  readonly policy: string;
  /** The ingest pipeline that writes who sent an event. */
  readonly pipeline: string;
  /** The index of one day; `timeMs` must lie in the years 1 to 9999. */
  readonly eventsOf: (timeMs: number) => string;
  /** The day in the name of an index of events: `2026.11.21`. */
  readonly dayOf: (index: string) => string;
  /** Whether an index of events is one of a day. */
  readonly isDay: (index: string) => boolean;
  readonly eventsOn: (day: string) => string;
}

/** Throws UsageError for a prefix that makes no index name. */
export function nameIndices(prefix: string): IndexNames {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(prefix))
    throw new UsageError(
      `Cannot open Elasticsearch: the prefix of our indices must be lower-case letters, digits, - and _: current value is "${prefix}"`,
    );
  const eventsOn = (day: string) => `${prefix}-logs-${day}`;
  const dayOf = (index: string) => index.slice(`${prefix}-logs-`.length);
  return {
    events: `${prefix}-logs-*`,
    alerts: `${prefix}-alerts`,
    blocks: `${prefix}-blocked-ips`,
    states: `${prefix}-state`,
    deadLetters: `${prefix}-dead-letters`,
    eventsOf: (timeMs) => eventsOn(dayOfTime(timeMs)),
    policy: `${prefix}-logs`,
    pipeline: `${prefix}-sensor`,
    dayOf,
    isDay: (index) => /^\d{4}\.\d\d\.\d\d$/.test(dayOf(index)),
    eventsOn,
  };
}

/** `yyyy.MM.dd`, UTC. */
export function dayOfTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10).replaceAll('-', '.');
}

/** One primary shard: the order of arrival is that shard's sequence numbers. */
const SETTINGS = {
  number_of_shards: 1,
  number_of_replicas: 0,
  auto_expand_replicas: '0-1',
};

const KEPT_TEXT = { type: 'keyword', index: false, doc_values: false };

/** Each index (or pattern) with its mapping, in the order they are written. */
export function indexMappings(names: IndexNames): readonly (readonly [string, Mapping])[] {
  return [
    [names.events, eventMapping()],
    [names.alerts, alertMapping()],
    [names.states, { dynamic: false, properties: { value: KEPT_TEXT } }],
    [
      names.deadLetters,
      {
        dynamic: false,
        properties: {
          refused_at: { type: 'date' },
          event_id: { type: 'keyword', ignore_above: 8191 },
          reason: { type: 'text' },
          message: { type: 'text' },
          // As Filebeat writes a letter: why stands under error.message.
          '@timestamp': { type: 'date' },
          error: { properties: { type: { type: 'keyword' }, message: { type: 'text' } } },
          tags: { type: 'keyword' },
        },
      },
    ],
    // The last one: when it is there, all are, and whoever shows anything may ask for it.
    [names.blocks, blockMapping()],
  ];
}

export interface Prepared {
  /** What existing indices do not have as the model wants it. */
  readonly fieldGaps: readonly FieldGap[];
  /** Why templates and mappings were left as they are. */
  readonly leftAlone?: string;
}

/**
 * Writes the templates, creates the indices that are not daily, adds new fields to all that exist. Idempotent.
 * `eventSettings` are for the indices of events. What a newer version has written is left as it is.
 */
export async function prepareIndices(
  connection: Connection,
  names: IndexNames,
  eventSettings: Readonly<Record<string, unknown>>,
): Promise<Prepared> {
  const action = 'prepare the indices';
  const newest = await readTemplateVersion(connection, templateOf(names.events));
  if (newest !== undefined && newest > MAPPING_VERSION)
    return {
      fieldGaps: [],
      leftAlone: `the index templates have form ${newest}, written by a newer mini-SOC, this version writes form ${MAPPING_VERSION}: templates and mappings were left as they are (run one version everywhere)`,
    };
  const fieldGaps: FieldGap[] = [];
  for (const [pattern, mappings] of indexMappings(names)) {
    const template = templateOf(pattern);
    const settings = pattern === names.events ? { ...SETTINGS, ...eventSettings } : SETTINGS;
    await connection.sendOnce({
      action,
      method: 'PUT',
      path: `/_component_template/${template}`,
      body: { template: { settings, mappings }, _meta: { version: MAPPING_VERSION } },
    });
    await connection.sendOnce({
      action,
      method: 'PUT',
      path: `/_index_template/${template}`,
      body: { index_patterns: [pattern], priority: 500, composed_of: [template] },
    });
    if (pattern !== names.events) {
      const created = await connection.sendOnce<{
        readonly error?: { readonly type: string };
      }>({ action, method: 'PUT', path: `/${pattern}`, expected: [400] });
      if (created.error === undefined) continue;
    }
    fieldGaps.push(...(await extendIndices(connection, pattern, mappings.properties)));
  }
  return { fieldGaps };
}

function templateOf(pattern: string): string {
  return pattern.replace(/-\*$/, '');
}

/**
 * Throws a retryable UsageError until another store has prepared all indices. Whoever may not look has to
 * be started after that store.
 */
export async function expectIndices(connection: Connection, names: IndexNames): Promise<void> {
  const found = await connection.sendOnce<{ readonly status?: number }>({
    action: 'look for the indices',
    method: 'GET',
    path: `/${names.blocks}/_count`,
    expected: [403, 404],
  });
  if (found.status === 404)
    throw new UsageError(
      `Cannot open Elasticsearch at "${connection.url}": the index ${names.blocks} is not there (start detection, which makes it)`,
      { retryable: true },
    );
}
