import { appendFile, mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ignoreLimits } from '@mini-soc/model';
import { makeFolder, removeFolder } from '../../test/response-fixture.ts';
import { createRotatingLog, type RotatingLogOptions } from './rotating-log.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await makeFolder();
  file = path.join(folder, 'alerts.ndjson');
});
afterEach(() => removeFolder(folder));

const open = (options: Omit<RotatingLogOptions, 'onLimit'>) =>
  createRotatingLog({ ...options, onLimit: ignoreLimits });

describe('createRotatingLog()', () => {
  it('createRotatingLog() writes one line an entry in the order of the calls', async () => {
    const log = open({ file, maxBytes: 1e6, keep: 2 });
    await Promise.all([1, 2, 3].map((n) => log.append([{ n, text: 'a\nb' }])));
    expect(await readFile(file, 'utf8')).toBe(
      '{"n":1,"text":"a\\nb"}\n{"n":2,"text":"a\\nb"}\n{"n":3,"text":"a\\nb"}\n',
    );
  });

  it('createRotatingLog() writes many entries at once', async () => {
    await open({ file, maxBytes: 1e6, keep: 2 }).append([1, { n: 2 }, 'c']);
    expect(await readFile(file, 'utf8')).toBe('1\n{"n":2}\n"c"\n');
  });

  it('createRotatingLog() keeps a bounded number of old files, the newest', async () => {
    const log = open({ file, maxBytes: 1, keep: 2 });
    for (let n = 1; n <= 5; n += 1) await log.append([n]);
    expect((await readdir(folder)).toSorted()).toEqual([
      'alerts.ndjson',
      'alerts.ndjson.1',
      'alerts.ndjson.2',
    ]);
    const texts = await Promise.all(
      ['', '.1', '.2'].map((end) => readFile(`${file}${end}`, 'utf8')),
    );
    expect(texts).toEqual(['5\n', '4\n', '3\n']);
  });

  it('createRotatingLog() closes a line that was cut before it writes the next', async () => {
    await appendFile(file, '{"n":1}\n{"n":');
    await open({ file, maxBytes: 1e6, keep: 2 }).append([{ n: 3 }]);
    expect(await readFile(file, 'utf8')).toBe('{"n":1}\n{"n":\n{"n":3}\n');
  });

  it('createRotatingLog() says that it cannot write, and goes on with the next entry', async () => {
    const blocked = path.join(folder, 'tickets.ndjson');
    await mkdir(blocked);
    const log = open({ file: blocked, maxBytes: 1e6, keep: 2 });
    await expect(log.append([1])).rejects.toMatchObject({
      code: 'LOG_WRITE_FAILED',
      retryable: true,
    });
    await expect(log.append([2])).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
  });

  it('createRotatingLog() writes what it keeps when that is possible again, in order', async () => {
    await mkdir(file);
    const log = open({ file, maxBytes: 1e6, keep: 2, keepUnwritten: 2 });
    for (const n of [1, 2, 3]) await expect(log.append([n])).rejects.toThrow(/Cannot write/);
    await rmdir(file);
    await log.append([4]);
    expect(await readFile(file, 'utf8')).toBe('2\n3\n4\n');
  });
});
