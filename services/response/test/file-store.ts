/** A stand-in for the audit trail that several processes share: a file a document, created once. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { blockSchema, type Block } from '@mini-soc/model';
import type { Store } from '@mini-soc/store';

export function createFileStore(directory: string): Pick<Store, 'appendBlock' | 'listBlocks'> {
  return {
    async appendBlock(block) {
      await mkdir(directory, { recursive: true });
      try {
        const file = path.join(directory, `${block.block_id}.json`);
        await writeFile(file, JSON.stringify(block), { flag: 'wx' });
        return 'created';
      } catch {
        return 'exists';
      }
    },
    async listBlocks(size) {
      const names = await readdir(directory).catch(() => []);
      const texts = await Promise.all(
        names.slice(0, size).map((name) => readFile(path.join(directory, name), 'utf8')),
      );
      return texts.map((text): Block => blockSchema.parse(JSON.parse(text)));
    },
  };
}
