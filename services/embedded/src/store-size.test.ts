import { Registry } from '@mini-soc/service-kit';
import { describe, expect, it } from 'vitest';
import { createStoreMetrics, parseStoreSize, readStoreSize, storeSizeText } from './store-size.ts';

const SIZE = { fileBytes: 10 * 1_048_576, deadBytes: 2.5 * 1_048_576 };

describe('the size of the store', () => {
  it('goes through /metrics to soc status', async () => {
    const registry = new Registry();
    createStoreMetrics(registry, { size: async () => SIZE });
    const text = await registry.metrics();
    expect(parseStoreSize(text)).toEqual(SIZE);
    const asked: unknown[] = [];
    const size = await readStoreSize('http://127.0.0.1:1/metrics', 'secret', async (url, init) => {
      asked.push(url, init?.headers);
      return new Response(text);
    });
    expect(size).toEqual(SIZE);
    expect(asked).toEqual(['http://127.0.0.1:1/metrics', { authorization: 'Bearer secret' }]);
    expect(storeSizeText(SIZE)).toBe('The store takes 10.0 MiB on the disk, 25% of it unused');
  });

  it('is not said where the store is no file, does not answer, or nobody does', async () => {
    const registry = new Registry();
    createStoreMetrics(registry, {
      size: async () => {
        throw new Error('closed');
      },
    });
    expect(storeSizeText({ fileBytes: 0, deadBytes: 0 })).toContain('0.0 MiB');
    expect(parseStoreSize('# nothing')).toBeUndefined();
    expect(
      await readStoreSize('http://127.0.0.1:1/metrics', '', () => Promise.reject(new Error('no'))),
    ).toBeUndefined();
  });
});
