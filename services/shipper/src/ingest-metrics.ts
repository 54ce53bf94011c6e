/** What /metrics says of tailer and ingest. */
import { Counter, Gauge, type Registry } from '@mini-soc/service-kit';
import type { TailerStats } from '@mini-soc/tailer';
import type { Ingest, IngestCounts } from '@mini-soc/ingest';

/** No label comes from an event: the number of series is fixed. */
export function createIngestMetrics(
  registry: Registry,
  read: {
    readonly counts: () => Readonly<IngestCounts>;
    readonly stats: () => TailerStats;
    /** Absent where no connection is looked for. */
    readonly confirmed?: Ingest['confirmed'];
  },
): void {
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
  total(
    'soc_ingest_other_format_total',
    'Lines that were not understood because another format would be theirs',
    () => read.counts().otherFormat,
  );
  const { confirmed } = read;
  if (confirmed !== undefined) {
    total(
      'soc_lines_confirmed_total',
      'Events of lines that any account could write, whose address had a connection',
      () => confirmed().seen,
    );
    total(
      'soc_lines_unconfirmed_total',
      'Events of lines that any account could write, whose address had no connection',
      () => confirmed().unseen,
    );
  }
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
  total(
    'soc_tailer_lost_bytes_total',
    'Bytes known to be lost in files that were replaced in place, at least',
    () => read.stats().lostBytes,
  );
  total(
    'soc_tailer_lost_generations_total',
    'Contents of logs that were not read to their end and are nowhere or cannot be read',
    () => read.stats().lostGenerations,
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
}
