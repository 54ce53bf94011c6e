/**
 * An append-only NDJSON file that is rotated by size: FILE, FILE.1, … FILE.N. A line that a crash or a
 * full disk cut is closed before the next one is written, so it spoils no other line.
 */
import { open, rename, stat } from 'node:fs/promises';
import { AppError, type LimitListener } from '@mini-soc/model';

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
  readonly onLimit?: LimitListener;
}

export function createRotatingLog(options: RotatingLogOptions): RotatingLog {
  const { file, maxBytes, keep } = options;
  let last: Promise<unknown> = Promise.resolve();
  const rotate = async (): Promise<void> => {
    options.onLimit?.('log_bytes');
    const oldest = await stat(`${file}.${keep}`).catch(() => undefined);
    if (oldest !== undefined) options.onLimit?.('logs_kept');
    for (let number = keep - 1; number >= 1; number -= 1)
      await rename(`${file}.${number}`, `${file}.${number + 1}`).catch(() => undefined);
    await rename(file, `${file}.1`);
  };
  const write = async (entries: readonly unknown[]): Promise<void> => {
    const size = await stat(file).then(
      (facts) => facts.size,
      () => 0,
    );
    if (size >= maxBytes) await rotate();
    const handle = await open(file, 'a+', 0o640);
    try {
      const isCut = !(await endsWithNewline(handle));
      const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      await handle.appendFile(`${isCut ? '\n' : ''}${lines}`);
    } finally {
      await handle.close();
    }
  };
  return {
    append(entries) {
      const next = last
        .then(() => write(entries))
        .catch((cause: unknown) => {
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
