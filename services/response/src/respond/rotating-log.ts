/**
 * An append-only NDJSON file that is rotated by size: FILE, FILE.1, … FILE.N. A line that a crash or a
 * full disk cut is closed before the next one is written, so it spoils no other line.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AppError, safeJson, type LimitListener } from '@mini-soc/model';
import { rotateFile } from '@mini-soc/service-kit';
import { isNoSpace } from '../ledger/journal.ts';

export interface RotatingLog {
  /** All of them in one write, in the order of the calls. Throws AppError, retryable. */
  readonly append: (entries: readonly unknown[]) => Promise<void>;
}

export interface RotatingLogOptions {
  readonly file: string;
  /** A file this large or larger is rotated before the next line. */
  readonly maxBytes: number;
  /** Old files that are kept. */
  readonly keep: number;
  readonly onLimit: LimitListener;
  /**
   * Lines that could not be written are written when that is possible again: so many, the newest.
   * Default 0, for lines that whoever is told gives again.
   */
  readonly keepUnwritten?: number;
  /** The disk has no room for a line: true when some was made, and writing it is tried once more. */
  readonly onNoSpace?: () => Promise<boolean>;
}

const RETRY_MS = 5000;

export function createRotatingLog(options: RotatingLogOptions): RotatingLog {
  const { file, maxBytes, keep: kept } = options;
  let unwritten: readonly unknown[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const writeOnce = async (entries: readonly unknown[]): Promise<void> => {
    const { isRotated, isFull } = await rotateFile(file, { maxBytes, keep: kept });
    if (isRotated) options.onLimit('log_bytes');
    if (isFull) options.onLimit('logs_kept');
    const handle = await open(
      file,
      constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      const isCut = !(await endsWithNewline(handle));
      const { size: wholeBytes } = await handle.stat();
      const lines = entries.map((entry) => `${safeJson(entry)}\n`).join('');
      try {
        await handle.appendFile(`${isCut ? '\n' : ''}${lines}`);
      } catch (error) {
        await handle.truncate(wholeBytes); // half a line would stay
        throw error;
      }
    } finally {
      await handle.close();
    }
  };
  const write = async (entries: readonly unknown[]): Promise<void> => {
    try {
      await writeOnce(entries);
    } catch (error) {
      if (!isNoSpace(error) || (await options.onNoSpace?.()) !== true) throw error;
      await writeOnce(entries);
    }
  };
  const writeKept = async (): Promise<void> => {
    if (unwritten.length === 0) return;
    const given = unwritten;
    await write(given);
    unwritten = [];
  };
  const retryLater = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      last = last.then(writeKept).catch(retryLater);
    }, RETRY_MS).unref();
  };
  const keep = (entries: readonly unknown[]): void => {
    const { keepUnwritten = 0 } = options;
    if (keepUnwritten === 0) return;
    unwritten = [...unwritten, ...entries].slice(-keepUnwritten);
    retryLater();
  };
  return {
    append(entries) {
      const next = last
        .then(writeKept)
        .then(() => write(entries))
        .catch((cause: unknown) => {
          keep(entries);
          throw new AppError(
            'LOG_WRITE_FAILED',
            `Cannot write "${file}": ${cause instanceof Error ? cause.message : String(cause)}`,
            { cause, retryable: true },
          );
        });
      last = next.catch(() => undefined);
      return next;
    },
  };
}

async function endsWithNewline(handle: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return true;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}
