/** `manifest.json` of a backup: what is in it, and by which version it was written. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, UsageError } from '@mini-soc/model';
import { z } from 'zod';

export const MANIFEST = 'manifest.json';
/** Of the manifest itself. */
export const BACKUP_FORMAT = 1;

/** A path below the folder, with `/`, that leads nowhere else. */
const fileName = z
  .string()
  .max(4096)
  .refine(
    (name) =>
      name !== MANIFEST &&
      !name.includes('\0') &&
      name.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'expected a path below the folder',
  );

const manifestSchema = z.object({
  format: z.int().min(1),
  /** Version of mini-SOC that made the backup. */
  product: z.string().max(40),
  /** Number of the database's stored form. */
  stored_form: z.int().min(0),
  created_at: z.iso.datetime(),
  events: z.int().min(0),
  files: z
    .array(z.object({ name: fileName, bytes: z.int().min(0), sha256: z.string().length(64) }))
    .max(100_000),
});
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

export async function describeFile(
  folder: string,
  name: string,
): Promise<Manifest['files'][number]> {
  const file = path.join(folder, name);
  return { name, bytes: (await stat(file)).size, sha256: await sha256Of(file) };
}

/** Throws UsageError in one sentence: no backup, made by a newer version, not whole. */
export async function readManifest(folder: string, storedForm: number): Promise<Manifest> {
  const file = path.join(folder, MANIFEST);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(
      `Cannot restore from "${folder}": it is no folder that "soc backup" made (${messageOf(cause)})`,
      { cause },
    );
  });
  const parsed = parseManifest(text);
  if (!parsed.success)
    throw new UsageError(`Cannot restore from "${folder}": its ${MANIFEST} is damaged`);
  const manifest = parsed.data;
  if (manifest.format > BACKUP_FORMAT || manifest.stored_form > storedForm)
    throw new UsageError(
      `Cannot restore from "${folder}": mini-SOC ${manifest.product} made it (backup format ${manifest.format}, stored form ${manifest.stored_form}), this version knows format ${BACKUP_FORMAT} and stored forms up to ${storedForm} (restore it with that version)`,
    );
  return manifest;
}

function parseManifest(text: string): ReturnType<typeof manifestSchema.safeParse> {
  try {
    return manifestSchema.safeParse(JSON.parse(text));
  } catch {
    return manifestSchema.safeParse(undefined);
  }
}

/** Throws UsageError for the first file that is not what the manifest says. */
export async function checkFiles(folder: string, manifest: Manifest): Promise<void> {
  for (const wanted of manifest.files) {
    const present = await describeFile(folder, wanted.name).catch((cause: unknown) => {
      throw new UsageError(
        `Cannot restore from "${folder}": "${wanted.name}" cannot be read (${messageOf(cause)})`,
        { cause },
      );
    });
    if (present.bytes !== wanted.bytes || present.sha256 !== wanted.sha256)
      throw new UsageError(
        `Cannot restore from "${folder}": "${wanted.name}" is not as it was written: expected ${wanted.bytes} bytes with digest ${wanted.sha256.slice(0, 12)}…: there are ${present.bytes} with ${present.sha256.slice(0, 12)}… (take another backup; nothing was changed)`,
      );
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
