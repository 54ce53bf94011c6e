/**
 * An append-only file of JSON lines, each with a checksum, synced before a write resolves. A cut last
 * line (a crash in the middle of a write) is dropped; a damaged line is named and passed over. The file
 * is rewritten through a rename when it has grown well beyond what is in force.
 */
import { createHash } from 'node:crypto';
import { open, readFile, rename, truncate, type FileHandle } from 'node:fs/promises';

export interface Journal {
  /** Durable when it resolves; in the order of the calls. */
  readonly append: (entry: unknown) => Promise<void>;
  /** Replaces everything. */
  readonly rewrite: (entries: readonly unknown[]) => Promise<void>;
  readonly lines: () => number;
  readonly close: () => Promise<void>;
}

export interface OpenedJournal {
  readonly journal: Journal;
  readonly entries: readonly unknown[];
  /** One sentence for each entry that is damaged. */
  readonly problems: readonly string[];
}

function encode(entry: unknown): string {
  const body = JSON.stringify(entry);
  return `${checksum(body)} ${body}\n`;
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('base64url').slice(0, 12);
}

/** Entries of a journal's text, whatever happened to it. */
export function decodeJournal(
  text: string,
  name: string,
): { entries: unknown[]; problems: string[]; keptLength: number } {
  const entries: unknown[] = [];
  const problems: string[] = [];
  const end = text.lastIndexOf('\n') + 1;
  text
    .slice(0, end)
    .split('\n')
    .slice(0, -1)
    .forEach((line, index) => {
      const body = line.slice(13);
      if (line.charAt(12) === ' ' && line.slice(0, 12) === checksum(body))
        entries.push(JSON.parse(body));
      else problems.push(`Entry ${index + 1} of "${name}" is damaged and was passed over`);
    });
  return { entries, problems, keptLength: Buffer.byteLength(text.slice(0, end)) };
}

export async function openJournal(file: string): Promise<OpenedJournal> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const { entries, problems, keptLength } = decodeJournal(text, file);
  if (keptLength < Buffer.byteLength(text)) await truncate(file, keptLength);
  let handle: FileHandle = await open(file, 'a', 0o640);
  let lines = entries.length;
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = (work: () => Promise<void>): Promise<void> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
  return {
    entries,
    problems,
    journal: {
      append: (entry) =>
        inOrder(async () => {
          await handle.appendFile(encode(entry));
          await handle.datasync();
          lines += 1;
        }),
      rewrite: (replacement) =>
        inOrder(async () => {
          const partial = `${file}.tmp`;
          const fresh = await open(partial, 'w', 0o640);
          await fresh.writeFile(replacement.map(encode).join(''));
          await fresh.sync();
          await fresh.close();
          await rename(partial, file);
          await handle.close();
          handle = await open(file, 'a', 0o640);
          lines = replacement.length;
        }),
      lines: () => lines,
      close: () => inOrder(() => handle.close()),
    },
  };
}
