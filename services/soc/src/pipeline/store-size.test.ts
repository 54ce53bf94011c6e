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

  it('is asked once for both figures, and again ten seconds later', async () => {
    const registry = new Registry();
    let ms = 5000;
    let times = 0;
    const size = async () => {
      times += 1;
      return { ...SIZE, fileBytes: times };
    };
    createStoreMetrics(registry, { size }, () => ms);
    const read = async () => parseStoreSize(await registry.metrics())?.fileBytes;
    expect([await read(), await read()]).toEqual([1, 1]);
    ms += 9999;
    expect(await read()).toBe(1);
    ms += 1;
    expect(await read()).toBe(2);
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
