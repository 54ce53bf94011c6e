/** What the tailer has read so far, as the console says it. */
import type { IngestCounts } from '@mini-soc/ingest';

/** One part, `sensors`, in plain words. */
export function describeSensors(
  logs: readonly string[],
  counts: Readonly<IngestCounts>,
): Readonly<Record<string, string>> {
  const watched = logs.length === 1 ? (logs[0] as string) : `${logs.length} files or globs`;
  const misses =
    counts.notUnderstood === 0 ? '' : `, ${counts.notUnderstood} of them not understood`;
  return { sensors: `Watching ${watched}: ${counts.lines} lines read${misses}` };
}
