/**
 * The witness of the stack: what each stage did with the lines of a run, read from the store. The parts
 * are processes of their own, perhaps several of each; what they did stands there, whoever did it.
 */
import { messageOf } from '@mini-soc/model';
import type { Filter } from '@mini-soc/query';
import { withTimeLimit } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import type { SelfTest, SelfTestRun } from './self-test.ts';

/** Why the store has refused a document in which the text stands; undefined when it has refused none. */
export interface Refusal {
  readonly reason: string;
  /** The script of Filebeat has failed, and Elasticsearch has refused nothing. */
  readonly isOfParser: boolean;
}

export interface SelfTestObserverOptions {
  readonly selfTest: SelfTest;
  readonly store: Pick<Store, 'searchEvents' | 'searchAlerts'>;
  /** Looks among the dead letters. */
  readonly findRefusal?: (text: string, sinceMs: number) => Promise<Refusal | undefined>;
  readonly ruleId: string | undefined;
  readonly now: () => Date;
  /** A store that has not answered by then is blind. Default 10,000. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 10_000;
const MARKED: Filter = { kind: 'equals', field: 'flags', value: 'self_test', cased: true };
/** A line that was not understood has the time of its arrival, by another clock. */
const CLOCKS_APART_MS = 300_000;
/** Of all replicas together; each writes a few lines. */
const EVENTS = 10_000;
const ALERTS = 10;

/** Polls once, if a run is under way and no poll is. Never rejects. */
export function createSelfTestObserver(options: SelfTestObserverOptions): () => Promise<void> {
  const { selfTest } = options;
  let isPolling = false;
  return async () => {
    const run = selfTest.run();
    if (run === undefined || isPolling) return;
    isPolling = true;
    const patienceMs = options.patienceMs ?? PATIENCE_MS;
    try {
      await withTimeLimit(
        poll(options, run),
        patienceMs,
        `it did not answer within ${patienceMs / 1000} s`,
      );
      if (selfTest.run() === run) selfTest.noteBlindness(undefined);
    } catch (error) {
      if (selfTest.run() === run) selfTest.noteBlindness(messageOf(error));
    } finally {
      isPolling = false;
    }
  };
}

async function poll(options: SelfTestObserverOptions, run: SelfTestRun): Promise<void> {
  const { selfTest, store } = options;
  const lines = new Set(run.lines);
  const found = await store.searchEvents({
    filter: MARKED,
    range: { fromMs: run.startMs - CLOCKS_APART_MS, toMs: run.startMs + CLOCKS_APART_MS },
    size: EVENTS,
    order: 'newest',
  });
  const events = found.filter((event) => lines.has(event.message));
  const [first] = events;
  if (selfTest.run() !== run) return;
  if (first === undefined) {
    const refusal = await options.findRefusal?.(run.address, run.startMs);
    if (refusal === undefined || selfTest.run() !== run) return;
    selfTest.noteLine(run.lines[0] ?? '');
    if (!refusal.isOfParser) selfTest.note('parse', run.address);
    selfTest.noteFault(refusal.isOfParser ? 'parse' : 'store', refusal.reason);
    return;
  }
  selfTest.noteLine(first.message);
  const understood = events.filter((event) => event.source_ip === run.address);
  if (understood.length === events.length) selfTest.note('parse', run.address);
  if (understood.length === run.lines.length) selfTest.note('store', run.address);
  else selfTest.noteFault('store', `it has ${understood.length} of ${run.lines.length} lines`);
  const alerts = await store.searchAlerts({
    size: ALERTS,
    selfTest: true,
    entities: [{ source_ip: run.address }],
    ...(options.ruleId === undefined ? {} : { ruleId: options.ruleId }),
  });
  if (selfTest.run() !== run) return;
  for (const { alert } of alerts) selfTest.noteAlert(alert);
  // No first look exists here: a cycle made the alert, of events that were stored.
  if (alerts.length > 0) selfTest.noteCycle(options.now().toISOString(), []);
}
