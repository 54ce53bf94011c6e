/** An append-only NDJSON file that is rotated by size: FILE, FILE.1, … FILE.N. */
import { appendFile, rename, stat } from 'node:fs/promises';

export interface RotatingLog {
  readonly append: (entry: unknown) => Promise<void>;
}

export interface RotatingLogOptions {
  readonly file: string;
  readonly maxBytes: number;
  /** Old files that are kept. */
  readonly keep: number;
}

export function createRotatingLog(options: RotatingLogOptions): RotatingLog {
  let last: Promise<unknown> = Promise.resolve();
  const rotate = async (): Promise<void> => {
    for (let number = options.keep - 1; number >= 1; number -= 1)
      await rename(`${options.file}.${number}`, `${options.file}.${number + 1}`).catch(
        () => undefined,
      );
    await rename(options.file, `${options.file}.1`);
  };
  return {
    append(entry) {
      const write = async (): Promise<void> => {
        const size = (await stat(options.file).catch(() => undefined))?.size ?? 0;
        if (size >= options.maxBytes) await rotate();
        await appendFile(options.file, `${JSON.stringify(entry)}\n`, { mode: 0o640 });
      };
      const next = last.then(write);
      last = next.catch(() => undefined);
      return next;
    },
  };
}
