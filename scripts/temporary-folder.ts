/**
 * The temporary folder of one run. Tests and benches make folders under the system's temporary folder; with
 * this one in its place all of them, also those of child processes, are gone when the run ends.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Makes the folder and lets TMPDIR name it. Returns what removes it and all that is in it. */
export function useTemporaryFolder(name: string): () => void {
  const before = process.env['TMPDIR'];
  const folder = mkdtempSync(path.join(tmpdir(), `${name}-`));
  // Some tests run a program as another user, who must get to a folder of his own in it.
  chmodSync(folder, 0o755);
  process.env['TMPDIR'] = folder;
  const remove = (): void => {
    process.off('exit', remove);
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    // A process that was just killed may still be writing.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  process.once('exit', remove);
  return remove;
}

/** What vitest does before all tests of a run; it calls what is returned after them. */
export function setup(): () => void {
  return useTemporaryFolder('soc-tests');
}
