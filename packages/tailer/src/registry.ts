/** How far each file was read, on disk: written to a new file, synced and renamed over the old one. */
import { open, readFile, rename } from 'node:fs/promises';
import { UsageError } from '@mini-soc/model';
import { z } from 'zod';

const REGISTRY_VERSION = 1;

const fileStateSchema = z.object({
  /** Identity of the content, made when it was first seen; part of every event id. */
  id: z.string().min(8),
  path: z.string(),
  dev: z.number(),
  ino: z.number(),
  offset: z.int().min(0),
  /** Hash of the first `length` bytes (at most 1,024): tells the file from another with its inode. */
  fingerprint: z.object({ length: z.int().min(0).max(1024), hash: z.string() }),
});
export type FileState = z.infer<typeof fileStateSchema>;

const registrySchema = z.object({
  version: z.literal(REGISTRY_VERSION),
  files: z.array(fileStateSchema).max(100_000),
});

/** The states, none when there is no registry yet. Throws UsageError when it cannot be read. */
export async function readRegistry(path: string): Promise<readonly FileState[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new UsageError(
      `Cannot read the record of positions "${path}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  try {
    return registrySchema.parse(JSON.parse(text)).files;
  } catch (cause) {
    throw new UsageError(
      `Cannot use the record of positions "${path}": it is damaged or from another version (delete it to read all logs from their start; what is stored already is then stored again)`,
      { cause },
    );
  }
}

/** Durable when it resolves. */
export async function writeRegistry(path: string, files: readonly FileState[]): Promise<void> {
  const partial = `${path}.tmp`;
  const handle = await open(partial, 'w', 0o640);
  try {
    await handle.writeFile(JSON.stringify({ version: REGISTRY_VERSION, files }));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}
