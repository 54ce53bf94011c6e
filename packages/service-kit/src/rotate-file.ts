/** One way of putting files aside that grow: FILE becomes FILE.1, FILE.1 becomes FILE.2, … */
import { rename, stat } from 'node:fs/promises';

export interface Rotation {
  /** A file this large or larger is put aside. */
  readonly maxBytes: number;
  /** Old files that are kept, at least 1. */
  readonly keep: number;
}

export interface Rotated {
  /** False: the file is not that large, or not there. */
  readonly isRotated: boolean;
  /** The oldest of those kept had to go. */
  readonly isFull: boolean;
}

/** Throws what renaming the file itself throws. */
export async function rotateFile(file: string, { maxBytes, keep }: Rotation): Promise<Rotated> {
  const size = await sizeOf(file);
  if (size === undefined || size < maxBytes) return { isRotated: false, isFull: false };
  const isFull = (await sizeOf(`${file}.${keep}`)) !== undefined;
  for (let number = keep - 1; number >= 1; number -= 1)
    await rename(`${file}.${number}`, `${file}.${number + 1}`).catch(() => undefined);
  await rename(file, `${file}.1`);
  return { isRotated: true, isFull };
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    (facts) => facts.size,
    () => undefined,
  );
}
