import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSettings } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { ownTokenFile, reachInstance, writeRunningInstance } from './running-instance.ts';

const urls = Object.fromEntries(
  ['detection', 'response', 'enricher', 'console'].map((name) => [name, 'http://127.0.0.1:9']),
) as Parameters<typeof writeRunningInstance>[1]['urls'];

describe('reachInstance()', () => {
  it('reachInstance() shows the token of the data folder to nobody who holds a port', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'soc-reach-'));
    writeFileSync(ownTokenFile(folder), 'a token that soc up made for itself, long enough\n');
    await writeRunningInstance(folder, { pid: process.pid, urls });
    const reached = await reachInstance(parseSettings({ DATA_DIR: folder }), {});
    expect(reached.response).toMatchObject({ url: 'http://127.0.0.1:9', token: '' });
  });

  it('reachInstance() shows the token that the settings name', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'soc-reach-'));
    await writeRunningInstance(folder, { pid: process.pid, urls });
    const token = 'b'.repeat(40);
    const reached = await reachInstance(parseSettings({ DATA_DIR: folder, API_TOKEN: token }), {});
    expect(reached.response.token).toBe(token);
  });
});
