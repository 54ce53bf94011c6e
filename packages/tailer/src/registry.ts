/**
 * The record of positions as a file. With a store that keeps them it is a copy for whoever looks from
 * outside; without one it is the truth, and a lost one does no harm: ids come from content.
 */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { messageOf } from '@mini-soc/model';
import { z } from 'zod';
import { fileStateSchema, FINGERPRINT_BYTES, type FileState } from './file-state.ts';

const MOST_FILES = 100_000;

const firstVersion = z.object({
  version: z.literal(1),
  files: z
    .array(
      z.object({
        id: z.string().min(8),
        path: z.string(),
        dev: z.number(),
        ino: z.number(),
        offset: z.int().min(0),
        fingerprint: z.object({
          length: z.int().min(0).max(FINGERPRINT_BYTES),
          hash: z.string(),
        }),
      }),
    )
    .max(MOST_FILES),
});

const secondVersion = z.object({
  version: z.literal(2),
  files: z.array(fileStateSchema).max(MOST_FILES),
  /** What is known besides the files that were read; only where the file is the truth. */
  others: z.array(fileStateSchema).max(MOST_FILES).default([]),
});

export interface RegistryContent {
  readonly version: 1 | 2 | undefined;
  readonly states: readonly FileState[];
  /** Why nothing is read from it, though it is there. */
  readonly fault?: string;
}

/** Never fails: a file that cannot be used has no states. */
export async function readRegistry(path: string): Promise<RegistryContent> {
  let text: string;
  let savedMs: number;
  try {
    text = await readFile(path, 'utf8');
    savedMs = Math.floor((await stat(path)).mtimeMs);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return {
      version: undefined,
      states: [],
      ...(isMissing ? {} : { fault: messageOf(error) }),
    };
  }
  try {
    const content = z.union([firstVersion, secondVersion]).parse(JSON.parse(text));
    return content.version === 2
      ? { version: 2, states: [...content.files, ...content.others] }
      : { version: 1, states: fromFirstVersion(content.files, savedMs) };
  } catch {
    return { version: undefined, states: [], fault: 'it is damaged or from another version' };
  }
}

/** Of the files of a name, the last one was the one being followed; the others were finished. */
function fromFirstVersion(
  files: z.infer<typeof firstVersion>['files'],
  savedMs: number,
): readonly FileState[] {
  const last = new Map(files.map((file) => [file.path, file.id]));
  const states = files.map((file): FileState => ({
    ...file,
    kind: 'file',
    name: file.path,
    isDone: last.get(file.path) !== file.id,
    isGzip: false,
    seenMs: savedMs,
  }));
  const names = [...last.keys()].map((name) => nameState(name, savedMs));
  return [...names, ...states];
}

/** That a name is followed, and since when. */
export function nameState(name: string, seenMs: number): FileState {
  return {
    id: `name:${name}`,
    kind: 'name',
    name,
    path: name,
    dev: 0,
    ino: 0,
    offset: 0,
    fingerprint: { length: 0, hash: '' },
    isDone: false,
    isGzip: false,
    seenMs,
  };
}

/** Written beside the old one and renamed over it; durable when asked for. */
export async function writeRegistry(
  path: string,
  files: readonly FileState[],
  others: readonly FileState[],
  isDurable: boolean,
): Promise<void> {
  const partial = `${path}.tmp`;
  await rm(partial, { force: true }); // never through what lies there
  const handle = await open(partial, 'wx', 0o600);
  try {
    await handle.writeFile(
      JSON.stringify({ version: 2, files, ...(others.length === 0 ? {} : { others }) }),
    );
    if (isDurable) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}
