/** A stand-in for the audit trail that several processes share: a file a document, created once. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { blockSchema, type Block } from '@mini-soc/model';
import type { TrailStore } from '../src/compare-with-trail.ts';

export function createFileStore(directory: string): TrailStore {
  const appendOne = async (block: Block): Promise<'created' | 'exists'> => {
    await mkdir(directory, { recursive: true });
    try {
      const file = path.join(directory, `${block.block_id}.json`);
      await writeFile(file, JSON.stringify(block), { flag: 'wx' });
      return 'created';
    } catch {
      return 'exists';
    }
  };
  const readAll = async (): Promise<readonly Block[]> => {
    const names = await readdir(directory).catch(() => []);
    const texts = await Promise.all(
      names.map((name) => readFile(path.join(directory, name), 'utf8')),
    );
    // One that is being written has nothing in it yet.
    return texts
      .filter((text) => text !== '')
      .map((text): Block => blockSchema.parse(JSON.parse(text)));
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
