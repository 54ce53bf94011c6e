/** What /metrics of detection says of the parts that have none of their own: tailer, ingest, self-test. */
import { createLimitCounter, Counter, Gauge, type Registry } from '@mini-soc/service-kit';
import type { LimitListener } from '@mini-soc/model';
import type { TailerStats } from '@mini-soc/tailer';
import type { IngestCounts } from './ingest-lines.ts';
import { SELF_TEST_STAGES, type SelfTestOutcome } from './self-test.ts';

export interface IngestMetrics {
  /** Counts a limit of tailer, parsers, store or this process, and tells on. */
  readonly onLimit: LimitListener;
  readonly observeSelfTest: (outcome: SelfTestOutcome) => void;
}

/** No label comes from an event: the number of series is fixed. */
export function createIngestMetrics(
  registry: Registry,
  read: {
    readonly counts: () => Readonly<IngestCounts>;
    readonly stats: () => TailerStats;
  },
  onLimit: LimitListener,
): IngestMetrics {
  const registers = [registry];
  const total = (name: string, help: string, value: () => number): Counter =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  total('soc_ingest_lines_total', 'Lines read', () => read.counts().lines);
  total('soc_ingest_events_total', 'Events stored', () => read.counts().events);
  total(
    'soc_ingest_duplicates_total',
    'Events that were stored already',
    () => read.counts().duplicates,
  );
  total(
    'soc_ingest_not_understood_total',
    'Lines no parser understood',
    () => read.counts().notUnderstood,
  );
  total(
    'soc_ingest_dead_letters_total',
    'Events the store refused and kept as dead letters',
    () => read.counts().deadLetters,
  );
  total('soc_tailer_cut_lines_total', 'Lines that were cut', () => read.stats().cutLines);
  total(
    'soc_tailer_skipped_nuls_total',
    'NUL bytes before lines that were skipped',
    () => read.stats().skippedNuls,
  );
  total(
    'soc_tailer_truncations_total',
    'Files that were replaced in place',
    () => read.stats().truncations,
  );
  const files = new Gauge({
    name: 'soc_tailer_files',
    help: 'Files followed now',
    registers,
    collect() {
      this.set(read.stats().files);
    },
  });
  void files;
  const ok = new Gauge({
    name: 'soc_selftest_ok',
    help: '1 when the last self-test passed every stage, 0 when one did not answer, -1 before the first',
    registers,
  });
  ok.set(-1);
  const seconds = new Gauge({
    name: 'soc_selftest_seconds',
    help: 'Seconds from the writing of the lines until each stage was passed; absent when it was not',
    labelNames: ['stage'],
    registers,
  });
  return {
    onLimit: createLimitCounter(registry, ['tailer', 'parsers', 'store', 'embedded'], onLimit),
    observeSelfTest: (outcome) => {
      ok.set(outcome.broken.length === 0 ? 1 : 0);
      for (const stage of SELF_TEST_STAGES) {
        const passed = outcome.seconds.get(stage);
        if (passed === undefined) seconds.remove({ stage });
        else seconds.set({ stage }, passed);
      }
    },
  };
}
