/** Wake-ups from the file system; looking now and then goes on where they are not to be had. */
import { watch, type FSWatcher } from 'node:fs';

/** One watcher per folder; a folder that is not there, or a system without watches left, has none. */
export function watchFolders(
  folders: readonly string[],
  onChange: (isRename: boolean) => void,
): readonly FSWatcher[] {
  const watchers: FSWatcher[] = [];
  for (const folder of new Set(folders)) {
    try {
      const watcher = watch(folder, { persistent: false }, (kind) => onChange(kind === 'rename'));
      watcher.on('error', () => watcher.close());
      watchers.push(watcher);
    } catch {
      // Looking every pollMs finds the changes too.
    }
  }
  return watchers;
}

/** Waits, or less when `wake` is called. */
export function pause(
  ms: number,
  giveWake: (wake: (() => void) | undefined) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      giveWake(undefined);
      resolve();
    };
    const timer = setTimeout(done, ms);
    giveWake(done);
  });
}
