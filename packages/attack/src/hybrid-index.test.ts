import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Technique } from './catalogue.ts';
import { createHybridIndex } from './hybrid-index.ts';
import { createLexicalIndex } from './lexical-index.ts';
import { createMemoryVectors } from './vector-index.ts';

const technique = (id: string, name: string): Technique => ({
  id,
  name,
  tactics: [],
  url: '',
  description: '',
  keywords: '',
  isUsual: false,
});
const TECHNIQUES = [
  technique('T1', 'port scan'),
  technique('T2', 'cron job'),
  technique('T3', 'sniffing'),
];
const VECTORS = new Map([
  ['T1', [1, 0]],
  ['T2', [0, 1]],
  ['T3', [Math.SQRT1_2, Math.SQRT1_2]],
]);

function hybrid(vector: readonly number[], weight: number) {
  return createHybridIndex({
    embedder: { embed: async () => vector },
    vectors: createMemoryVectors(VECTORS),
    words: createLexicalIndex(TECHNIQUES),
    weight,
  });
}

describe('createHybridIndex()', () => {
  it('orders by vectors alone, by words alone, and by both', async () => {
    const ids = async (weight: number) =>
      (await hybrid([0, 1], weight).search('port scan', 3)).map((match) => match.technique.id);
    expect((await ids(1))[0]).toBe('T2');
    expect((await ids(0))[0]).toBe('T1');
    expect(await ids(0.5)).toEqual(['T2', 'T1', 'T3']);
  });

  it('is surer of what is nearer, never below 0', async () => {
    const [near, , far] = await hybrid([1, 0], 1).search('anything', 3);
    expect(near?.technique.id).toBe('T1');
    expect(far?.technique.id).toBe('T2');
    expect(near?.confidence).toBeGreaterThan(far?.confidence ?? 1);
    const behind = await hybrid([-1, 0], 1).search('anything', 3);
    expect(Math.min(...behind.map((match) => match.confidence))).toBeGreaterThanOrEqual(0);
  });

  it('follows the labelled examples that are nearest, by vectors and by words', async () => {
    const examples = [{ text: 'somebody drinks coffee', techniques: ['T3'] }];
    const words = createLexicalIndex(TECHNIQUES, examples);
    const found = async (exampleVector: readonly number[]) => {
      const index = createHybridIndex({
        embedder: { embed: async () => [1, 0] },
        vectors: createMemoryVectors(VECTORS),
        exampleVectors: createMemoryVectors(new Map([['0', exampleVector]])),
        words,
      });
      return (await index.search('who had that coffee', 1))[0]?.technique.id;
    };
    expect(await found([1, 0])).toBe('T3');
    expect(await found([-1, 0])).toBe('T1');
    expect((await words.search('coffee', 1))[0]?.technique.id).toBe('T3');
    expect(await createLexicalIndex(TECHNIQUES).search('coffee', 1)).toEqual([]);
  });

  it('answers emptily to an empty text and rejects when the vectors do', async () => {
    expect(await hybrid([1, 0], 1).search('  ', 3)).toEqual([]);
    const broken = createHybridIndex({
      embedder: { embed: async () => Promise.reject(new Error('no model')) },
      vectors: createMemoryVectors(VECTORS),
      words: createLexicalIndex(TECHNIQUES),
    });
    await expect(broken.search('port scan', 3)).rejects.toThrow('no model');
  });

  it('never gives more than asked for, each technique once, confidences from 0 to 1', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.tuple(
          fc.double({ min: -1, max: 1, noNaN: true }),
          fc.double({ min: -1, max: 1, noNaN: true }),
        ),
        fc.integer({ min: 0, max: 5 }),
        async (text, vector, size) => {
          const found = await hybrid(vector, 0.75).search(text, size);
          expect(found.length).toBeLessThanOrEqual(size);
          expect(new Set(found.map((match) => match.technique.id)).size).toBe(found.length);
          expect(found.every(({ confidence }) => confidence >= 0 && confidence <= 1)).toBe(true);
        },
      ),
    );
  });
});
