/**
 * A stand-in for the audit trail that several processes share: a file a document, created once. A
 * document is there whole or not at all, also when its writer is killed, as in a real store.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { blockSchema, type Block } from '@mini-soc/model';
import type { TrailStore } from '../src/respond/compare-with-trail.ts';

export function createFileStore(directory: string): TrailStore {
  const appendOne = async (block: Block): Promise<'created' | 'exists'> => {
    await mkdir(directory, { recursive: true });
    const partial = path.join(directory, `${randomUUID()}.partial`);
    await writeFile(partial, JSON.stringify(block));
    try {
      await link(partial, path.join(directory, `${block.block_id}.json`));
      return 'created';
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return 'exists';
      throw error;
    } finally {
      await rm(partial);
    }
  };
  const readAll = async (): Promise<readonly Block[]> => {
    const names = (await readdir(directory).catch(() => [])).filter((name) =>
      name.endsWith('.json'),
    );
    const texts = await Promise.all(
      names.map((name) => readFile(path.join(directory, name), 'utf8')),
    );
    return texts.map((text): Block => blockSchema.parse(JSON.parse(text)));
  };
  return {
    appendBlocks: (blocks) => Promise.all(blocks.map(appendOne)),
    listBlocks: async (size) => (await readAll()).slice(0, size),
    async existingBlocks(ids) {
      const present = new Set((await readAll()).map((block) => block.block_id));
      return ids.filter((id) => present.has(id));
    },
    blocksInForce: async ({ nowMs, size }) =>
      (await readAll())
        .filter((block) => Date.parse(block.expires_at ?? '') > nowMs)
        .slice(0, size),
  };
}
