import { stat } from 'node:fs/promises';

/** Bytes of the file; 0 where none can be seen. */
export async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (facts) => facts.size,
    () => 0,
  );
}
