import { stat } from 'node:fs/promises';

/** Whether a file or folder is to be seen there. */
export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
