/** What the tailer has read so far, as the console says it: counts, and of each file who can write it and what that may cause. */
import type { FileFacts, IngestCounts, LogSource } from '@mini-soc/ingest';
import { LIMITS, SOURCES, type SourceName, type Writer } from '@mini-soc/model';

/** Most files that are described one by one. */
const MOST_FILES = LIMITS.names_listed.value;
/** The names of these parts begin so. */
export const SOURCE_PART = 'log ';

const WRITERS: { readonly [Name in Writer]: string } = {
  network: 'anybody on the network',
  web_client: 'who asks the web server',
  account: 'any account of the host',
  root: 'root',
  product: 'the product itself',
};

/** `sensors` and one part for each file, in plain words. */
export function describeSensors(
  logs: readonly LogSource[],
  counts: Readonly<IngestCounts>,
  files: ReadonlyMap<string, FileFacts>,
): Readonly<Record<string, string>> {
  const watched =
    logs.length === 1 ? (logs[0] as LogSource).pattern : `${logs.length} files or globs`;
  const misses =
    counts.notUnderstood === 0 ? '' : `, ${counts.notUnderstood} of them not understood`;
  return {
    sensors: `Watching ${watched}: ${counts.lines} lines read${misses}`,
    ...Object.fromEntries(
      [...files]
        .slice(0, MOST_FILES)
        .map(([file, facts]) => [`${SOURCE_PART}${file}`, describeSource(facts)]),
    ),
  };
}

function describeSource(facts: FileFacts): string {
  const { writer, may, because } = SOURCES[sourceOf(facts)];
  const others =
    facts.otherFormat === 0 ? '' : `; ${facts.otherFormat} lines of another format were not read`;
  return `${facts.format} (said by ${SAID_BY[facts.saidBy]}), written by ${WRITERS[writer]}, at most a ${may}: ${because}${others}`;
}

const SAID_BY = { settings: 'the settings', name: 'its name', lines: 'its first lines' } as const;

/** The row of the table that the file stands in. */
export function sourceOf({ format, saidBy, isOurs }: FileFacts): SourceName {
  if (isOurs) return 'demo';
  if (format === 'json') return saidBy === 'settings' ? 'json_file' : 'json_unnamed';
  return format === 'access' || format === 'web-error' || format === 'auto'
    ? 'program_file'
    : 'syslog_file';
}
