import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@mini-soc/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embedAll } from './vector-cache.ts';

let directory = '';
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'vectors-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const logger = createLogger({ name: 'test', level: 'silent' });
const vectorOf = (text: string): readonly number[] => [text.length, 0.5, -1];

function model(fingerprint = 'abc') {
  const asked: string[] = [];
  const embed = async (text: string): Promise<readonly number[]> => {
    asked.push(text);
    return vectorOf(text);
  };
  return { asked, embedder: { embed, fingerprint } };
}

describe('embedAll()', () => {
  it('asks the model once for each text, also over starts, and again for another model', async () => {
    const first = model();
    const texts = ['one', 'three'];
    expect(await embedAll(texts, { directory, logger, ...first })).toEqual(texts.map(vectorOf));
    const second = model();
    expect(await embedAll([...texts, 'seven'], { directory, logger, ...second })).toEqual(
      [...texts, 'seven'].map(vectorOf),
    );
    expect([first.asked, second.asked]).toEqual([texts, ['seven']]);
    const other = model('def');
    await embedAll(texts, { directory, logger, ...other });
    expect(other.asked).toEqual(texts);
    const file = path.join(directory, 'vectors-abc.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object)).toHaveLength(3);
  });

  it('does without a file that is damaged, missing or cannot be written', async () => {
    writeFileSync(path.join(directory, 'vectors-abc.json'), '{"x": 1');
    const damaged = model();
    expect(await embedAll(['a'], { directory, logger, ...damaged })).toEqual([vectorOf('a')]);
    expect(damaged.asked).toEqual(['a']);
    const nowhere = { directory: path.join(directory, 'gone'), logger, ...model() };
    expect(await embedAll(['a'], nowhere)).toEqual([vectorOf('a')]);
    expect(await embedAll(['a'], { directory: '', logger, ...model() })).toEqual([vectorOf('a')]);
    expect(readdirSync(directory)).toEqual(['vectors-abc.json']);
  });
});
