/** Files that were renamed while nobody followed them: what is unread in them is read first. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { keyOf } from './followed-file.ts';
import type { FileState } from './registry.ts';

export interface MovedFile {
  readonly path: string;
  readonly key: string;
}

/** Looks beside the last place of each file, at `maxNames` names that begin like its own. */
export async function findMoved(
  remembered: ReadonlyMap<string, FileState>,
  maxNames: number,
): Promise<readonly MovedFile[]> {
  const moved: MovedFile[] = [];
  for (const [key, state] of remembered) {
    const folder = dirname(state.path);
    const names = (await readdir(folder).catch(() => [])).filter((name) =>
      name.startsWith(basename(state.path)),
    );
    for (const name of names.slice(0, maxNames)) {
      const path = join(folder, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isFile() === true && keyOf(facts) === key && facts.size > state.offset)
        moved.push({ path, key });
    }
  }
  return moved;
}
