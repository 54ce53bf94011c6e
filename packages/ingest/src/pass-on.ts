/**
 * Events → detection sees them → store → detection is told. Where the events come from does not matter:
 * lines of a log enter here, and so does an input that knows no lines.
 */
import type { LimitListener, PositionMove, SocEvent } from '@mini-soc/model';
import type { AppendReport, Store } from '@mini-soc/store';

export interface PassOnOptions {
  readonly store: Store;
  /**
   * Sees the events before they are stored; resolves when they may be, with what is called once they
   * are, with the number of those that were not there before. Never rejects.
   */
  readonly observeArrivals?: (events: readonly SocEvent[]) => Promise<(stored: number) => void>;
  /** Runs the storing of events, again if that may help. Without it, it is tried once. */
  readonly persist?: (store: () => Promise<AppendReport>) => Promise<AppendReport>;
  readonly onLimit: LimitListener;
}

export interface PassedCounts {
  events: number;
  duplicates: number;
  deadLetters: number;
  /** ISO 8601 in UTC. */
  lastEventAt: string | undefined;
}

/** Events of one source, and how the position in it moves when they are safe. */
export interface EventBatch {
  readonly events: readonly SocEvent[];
  readonly move?: PositionMove | undefined;
  /** For events that are in no count: called when they are stored. */
  readonly onStored?: (() => void) | undefined;
}

export interface PassOn {
  /** Resolves when every event of the batch is durable. Throws what `persist` throws. */
  readonly pass: (batch: EventBatch) => Promise<void>;
  readonly counts: () => Readonly<PassedCounts>;
}

export function createPassOn(options: PassOnOptions): PassOn {
  const { store, persist, onLimit } = options;
  const counts: PassedCounts = {
    events: 0,
    duplicates: 0,
    deadLetters: 0,
    lastEventAt: undefined,
  };
  /** A store without positions need not know of what made no events. */
  const needsMove = store.positions !== undefined;
  /** Nobody holds the events while they are stored, unless they may have to be given again. */
  const begin = async ({ events, move }: EventBatch): Promise<Storing> => {
    const onStored = events.length > 0 ? await options.observeArrivals?.(events) : undefined;
    const write = () => store.appendEvents(events, move);
    return { onStored, report: persist === undefined ? write() : persist(write) };
  };
  const count = async (
    begun: Promise<Storing>,
    lastEventAt: string | undefined,
    onUncounted: (() => void) | undefined,
  ): Promise<void> => {
    const { report: storing, onStored } = await begun;
    const report = await storing;
    if (onUncounted === undefined) {
      counts.events += report.stored;
      counts.duplicates += report.duplicates;
      counts.lastEventAt = lastEventAt ?? counts.lastEventAt;
    } else onUncounted();
    counts.deadLetters += report.rejected.length;
    if (report.rejected.length > 0) onLimit('dead_letters', report.rejected.length);
    onStored?.(report.stored);
  };
  return {
    // No async function: it would hold the events until they are stored.
    pass(batch) {
      const { events, move, onStored } = batch;
      if (events.length === 0 && (!needsMove || move === undefined)) return Promise.resolve();
      return count(begin(batch), events.at(-1)?.ingested_at, onStored);
    },
    counts: () => counts,
  };
}

interface Storing {
  readonly report: Promise<AppendReport>;
  readonly onStored: ((stored: number) => void) | undefined;
}
