/**
 * What a rule has seen before: a rule with `first-seen` fires only for the first episode of an entity, and
 * for none before its learning time is over. The memory is a state of the store, written before the
 * checkpoint moves: what was seen is known after a restart, and a cycle that is repeated repeats its alerts.
 * Time is the events' own, so an old log teaches as much as the days themselves.
 */
import { createHash } from 'node:crypto';
import { LIMITS, type LimitListener } from '@mini-soc/model';
import { entityKey, type Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';
import type { Episode } from '../evaluate/episode.ts';
import type { EntityWork } from './collect-work.ts';

export interface FirstSeen {
  /** Reads what was saved; what is held is forgotten. Throws StoreError. */
  readonly load: () => Promise<void>;
  /** The work that can bring anything: who is known and has no alert is only noted. */
  readonly open: (batch: readonly EntityWork[]) => readonly EntityWork[];
  /** Of the episodes of an entity those that are its first and not learned. */
  readonly judge: (work: EntityWork, episodes: readonly Episode[]) => readonly Episode[];
  /** Throws StoreError. */
  readonly save: () => Promise<void>;
}

export interface FirstSeenOptions {
  readonly store: Pick<Store, 'readState' | 'writeState' | 'searchEvents'>;
  readonly rule: Rule;
  readonly fields: NonNullable<Rule['firstSeen']>;
  readonly onLimit?: LimitListener | undefined;
  /** Most entities remembered. */
  readonly maxEntities?: number;
}

const MAX_ENTITIES = LIMITS.first_seen_entities.value;
/** Times of the last events are written with the next entity that is new, or when they are this far on. */
const STALE_MS = 86_400_000;

const stateSchema = z.strictObject({
  since_ms: z.number(),
  /** Hash of the entity, its first event and its last, milliseconds. */
  seen: z.array(z.tuple([z.string(), z.number(), z.number()])),
});

interface Seen {
  firstMs: number;
  lastMs: number;
  savedMs: number;
}

export function createFirstSeen(options: FirstSeenOptions): FirstSeen {
  const { store, rule } = options;
  const name = `detection/first-seen/${rule.id}`;
  const maxEntities = options.maxEntities ?? MAX_ENTITIES;
  let seen = new Map<string, Seen>();
  let sinceMs = Number.POSITIVE_INFINITY;
  let hasChanged = false;

  const note = (key: string, firstMs: number, lastMs: number): Seen => {
    const known = seen.get(key);
    if (known === undefined) {
      const fresh = { firstMs, lastMs, savedMs: lastMs };
      seen.set(key, fresh);
      hasChanged = true;
      return fresh;
    }
    if (firstMs < known.firstMs) {
      known.firstMs = firstMs;
      hasChanged = true;
    }
    known.lastMs = Math.max(known.lastMs, lastMs);
    if (known.lastMs - known.savedMs >= STALE_MS) hasChanged = true;
    return known;
  };

  return {
    async load() {
      const saved = stateSchema.safeParse(await store.readState(name));
      hasChanged = false;
      if (saved.success) {
        sinceMs = saved.data.since_ms;
        seen = new Map(
          saved.data.seen.map(([key, firstMs, lastMs]) => [
            key,
            { firstMs, lastMs, savedMs: lastMs },
          ]),
        );
        return;
      }
      const [oldest] = await store.searchEvents({
        filter: rule.query.filter,
        size: 1,
        order: 'oldest',
      });
      sinceMs = oldest === undefined ? Number.POSITIVE_INFINITY : Date.parse(oldest['@timestamp']);
      seen = new Map();
    },
    open: (batch) =>
      batch.filter(({ entity, alerts, firstNewMs, lastNewMs }) => {
        const known = seen.get(keyOf(entity));
        if (known === undefined || alerts.length > 0 || firstNewMs < known.firstMs) return true;
        note(keyOf(entity), firstNewMs, lastNewMs);
        return false;
      }),
    judge(work, episodes) {
      const [first] = episodes;
      if (first === undefined) return [];
      sinceMs = Math.min(sinceMs, first.startMs);
      const { firstMs } = note(keyOf(work.entity), first.startMs, work.lastNewMs);
      return firstMs < sinceMs + options.fields.learnMs
        ? []
        : episodes.filter(({ startMs }) => startMs <= firstMs);
    },
    async save() {
      if (!hasChanged) return;
      if (seen.size > maxEntities) {
        // Whoever has not been seen for the longest time is new when it comes again.
        const kept = [...seen]
          .toSorted(([, a], [, b]) => b.lastMs - a.lastMs)
          .slice(0, maxEntities);
        options.onLimit?.('first_seen_entities', seen.size - kept.length);
        seen = new Map(kept);
      }
      await store.writeState(name, {
        since_ms: sinceMs,
        seen: [...seen].map(([key, { firstMs, lastMs }]) => [key, firstMs, lastMs]),
      });
      for (const one of seen.values()) one.savedMs = one.lastMs;
      hasChanged = false;
    },
  };
}

function keyOf(entity: Entity): string {
  return createHash('sha256').update(entityKey(entity)).digest('base64url').slice(0, 16);
}
