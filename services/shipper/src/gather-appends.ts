/**
 * Group commit: events of many small batches go to the store together. A line that is read at once is
 * stored some milliseconds later, with those that came meanwhile: under a steady stream of lines that
 * is a tenth of the transactions, and an alert that must be written now finds the store free. A full
 * batch does not wait.
 */
import { LIMITS, type SocEvent } from '@mini-soc/model';

export interface GatherOptions {
  /** Stores events of one kind. What it throws, all batches of the group are told. */
  readonly append: (events: readonly SocEvent[], kind: 'logs' | 'self-test') => Promise<void>;
  /** How long the first event of a group waits for others, milliseconds. Default 20. */
  readonly lingerMs?: number;
}

export interface Gatherer {
  /** Resolves when the events are stored; rejects with what `append` threw. */
  readonly add: (events: readonly SocEvent[], kind: 'logs' | 'self-test') => Promise<void>;
}

const LINGER_MS = 20;
/** The second is prepared while the first is written. */
const MAX_UNDER_WAY = 2;
const MAX_EVENTS = LIMITS.batch_lines.value;
/** So many do not wait for more. */
const FULL = MAX_EVENTS / 2;

interface Waiting {
  readonly events: readonly SocEvent[];
  readonly kind: 'logs' | 'self-test';
  readonly settle: (outcome: Promise<void>) => void;
}

export function createGatherer(options: GatherOptions): Gatherer {
  const waiting: Waiting[] = [];
  let count = 0;
  let underWay = 0;
  let timer: NodeJS.Timeout | undefined;

  /** The oldest that fit together: at least one. */
  const takeGroup = (): readonly Waiting[] => {
    const kind = waiting[0]?.kind;
    let events = 0;
    let size = 0;
    for (const one of waiting) {
      if (one.kind !== kind || (size > 0 && events + one.events.length > MAX_EVENTS)) break;
      events += one.events.length;
      size += 1;
    }
    count -= events;
    return waiting.splice(0, size);
  };

  const start = async (): Promise<void> => {
    const group = takeGroup();
    const [first] = group;
    if (first === undefined) return;
    underWay += 1;
    const events = group.length === 1 ? first.events : group.flatMap((one) => one.events);
    const done = options.append(events, first.kind);
    for (const one of group) one.settle(done);
    await Promise.allSettled([done]);
    underWay -= 1;
    proceed();
  };

  const proceed = (): void => {
    while (count >= FULL && underWay < MAX_UNDER_WAY) void start();
    if (waiting.length === 0 || underWay > 0 || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (underWay === 0) void start();
      proceed();
    }, options.lingerMs ?? LINGER_MS);
  };

  return {
    add: (events, kind) =>
      new Promise((resolve) => {
        waiting.push({ events, kind, settle: resolve });
        count += events.length;
        proceed();
      }),
  };
}
