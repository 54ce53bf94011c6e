import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSettings } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { openOwnFolder } from './own-folder.ts';
import { withOwnToken } from './own-token.ts';

const ME = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const newFolder = () => mkdtempSync(path.join(tmpdir(), 'soc-own-'));

describe('openOwnFolder()', () => {
  it('openOwnFolder() refuses a folder of somebody else, or that others may write to (N50)', async () => {
    const folder = newFolder();
    await expect(openOwnFolder(folder, { ...ME, uid: ME.uid + 1 })).rejects.toThrow(
      /it belongs to user/,
    );
    chmodSync(folder, 0o777);
    await expect(openOwnFolder(folder, ME)).rejects.toThrow(/other users may write to it/);
  });

  it('openOwnFolder() refuses links of both kinds in it (N50)', async () => {
    for (const [link, why] of [
      [symlinkSync, /is a link, and none is followed/],
      [linkSync, /hard link/],
    ] as const) {
      const folder = newFolder();
      const target = path.join(newFolder(), 'target');
      writeFileSync(target, 'x');
      link(target, path.join(folder, 'alerts.ndjson'));
      await expect(openOwnFolder(folder, ME)).rejects.toThrow(why);
    }
  });

  it('openOwnFolder() closes to others what an earlier version left open (N51)', async () => {
    const folder = newFolder();
    mkdirSync(path.join(folder, 'sub'), { mode: 0o755 });
    writeFileSync(path.join(folder, 'sub/run.json'), '{}', { mode: 0o644 });
    await openOwnFolder(folder, ME);
    expect(statSync(path.join(folder, 'sub/run.json')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(folder, 'sub')).mode & 0o777).toBe(0o700);
  });
});

describe('withOwnToken()', () => {
  it('withOwnToken() makes one token for enforcing, which only its user reads, and keeps it (N40)', async () => {
    const folder = newFolder();
    const settings = parseSettings({ DATA_DIR: folder, RESPONSE_MODE: 'enforce' });
    const { API_TOKEN: token } = await withOwnToken(settings);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(statSync(path.join(folder, 'token')).mode & 0o777).toBe(0o600);
    expect((await withOwnToken(settings)).API_TOKEN).toBe(token);
    expect((await withOwnToken(parseSettings({ DATA_DIR: folder }))).API_TOKEN).toBe('');
  });

  it('withOwnToken() refuses a file with a token that can be guessed', async () => {
    const folder = newFolder();
    writeFileSync(path.join(folder, 'token'), 'a\n');
    const settings = parseSettings({ DATA_DIR: folder, RESPONSE_MODE: 'enforce' });
    await expect(withOwnToken(settings)).rejects.toThrow(/can be guessed/);
  });
});
