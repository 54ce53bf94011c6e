/**
 * Vectors of texts, kept in a file, so that a start does not embed the whole catalogue again: that takes the
 * model some ten seconds. The file is named after the model; what is damaged or missing is embedded anew.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Embedder } from '@mini-soc/attack';
import { messageOf } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import { z } from 'zod';

export interface VectorCacheOptions {
  /** Empty: nothing is kept. */
  readonly directory: string;
  readonly embedder: Pick<Embedder, 'embed' | 'fingerprint'>;
  readonly logger: Logger;
}

/** Digest of the text → its vector, 32-bit floats in base64. */
const fileSchema = z.record(z.string(), z.base64());

/** The vector of each text, in their order. Rejects when the model does. */
export async function embedAll(
  texts: readonly string[],
  options: VectorCacheOptions,
): Promise<readonly (readonly number[])[]> {
  const { directory, embedder, logger } = options;
  const file = path.join(directory, `vectors-${embedder.fingerprint}.json`);
  const known = directory === '' ? new Map<string, readonly number[]>() : await readVectors(file);
  const vectors: (readonly number[])[] = [];
  const kept: Record<string, string> = {};
  let embedded = 0;
  for (const text of texts) {
    const key = createHash('sha256').update(text).digest('hex').slice(0, 32);
    const vector = known.get(key) ?? (await embedder.embed(text));
    if (!known.has(key)) embedded += 1;
    vectors.push(vector);
    kept[key] = Buffer.from(Float32Array.from(vector).buffer).toString('base64');
  }
  if (directory !== '' && embedded > 0) await writeVectors(file, kept, logger);
  return vectors;
}

async function readVectors(file: string): Promise<ReadonlyMap<string, readonly number[]>> {
  try {
    const kept = fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const entries = Object.entries(kept).map(([key, text]): [string, readonly number[]] => {
      const bytes = Buffer.from(text, 'base64');
      return [key, [...new Float32Array(new Uint8Array(bytes).buffer)]];
    });
    return new Map(entries);
  } catch {
    return new Map();
  }
}

/** Whole or not at all. A folder that cannot be written costs the next start ten seconds. */
async function writeVectors(
  file: string,
  kept: Readonly<Record<string, string>>,
  logger: Logger,
): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await writeFile(unfinished, JSON.stringify(kept), { mode: 0o600 });
    await rename(unfinished, file);
  } catch (error) {
    logger.warn({ file, reason: messageOf(error) }, 'Vectors cannot be kept for the next start');
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}
