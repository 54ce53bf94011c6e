import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rotateFile } from './rotate-file.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'rotate-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const read = () =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
  );

describe('rotateFile()', () => {
  it('rotateFile() keeps the newest, and says when the oldest had to go', async () => {
    const file = path.join(folder, 'log');
    const seen: boolean[] = [];
    for (const text of ['one', 'two', 'three', 'four']) {
      writeFileSync(file, text);
      const { isRotated, isFull } = await rotateFile(file, { maxBytes: 3, keep: 2 });
      expect(isRotated).toBe(true);
      seen.push(isFull);
    }
    expect(read()).toEqual({ 'log.1': 'four', 'log.2': 'three' });
    expect(seen).toEqual([false, false, true, true]);
  });

  it('rotateFile() leaves a file alone that is smaller, or not there', async () => {
    const file = path.join(folder, 'log');
    const nothing = { isRotated: false, isFull: false };
    expect(await rotateFile(file, { maxBytes: 1, keep: 1 })).toEqual(nothing);
    writeFileSync(file, 'ab');
    expect(await rotateFile(file, { maxBytes: 3, keep: 1 })).toEqual(nothing);
    expect(read()).toEqual({ log: 'ab' });
  });
});
