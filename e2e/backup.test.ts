/** `soc backup` and `soc restore` as a person calls them. */
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createActor } from './attacker.ts';
import { backUpWhileReading } from './back-up-while-reading.ts';
import { eventually, newFolder, runSoc, startSoc, type SocProcess } from './soc-process.ts';

const running: SocProcess[] = [];
afterEach(async () => {
  for (const soc of running.splice(0)) await soc.end('SIGKILL');
});

async function start(folder: string, data = path.join(folder, 'data')): Promise<SocProcess> {
  const soc = await startSoc(['--logs', path.join(folder, 'auth.log')], { data });
  running.push(soc);
  return soc;
}

/** A stopped data folder with an address in force. */
async function madeFolder(): Promise<string> {
  const folder = newFolder();
  const soc = await start(folder);
  const files = { auth: path.join(folder, 'auth.log'), ufw: '', web: '' };
  createActor('203.0.113.7', files).failsSsh(12);
  await eventually(
    async () => (await soc.alerts()).some((alert) => alert.response.state === 'done'),
    60_000,
  );
  await soc.end('SIGTERM');
  return folder;
}

describe('soc backup', () => {
  it(
    'makes a copy of a running instance that reads on without a hole',
    { timeout: 240_000 },
    async () => {
      const restored = await backUpWhileReading(2, 3000);
      expect(restored).toHaveLength(2);
      for (const one of restored)
        expect(one).toMatchObject({ missing: 0, doubled: 0, isBlocked: true });
    },
  );

  it('copies a stopped folder, and restore makes it again with its blocks', async () => {
    const folder = await madeFolder();
    const data = path.join(folder, 'data');
    const backup = path.join(folder, 'kept');
    const made = await runSoc(['backup', backup, '--data', data]);
    expect(made.stderr).toBe('');
    expect(made.stdout).toMatch(/^Backed up .* to .*: 12 events, \d+ files, [\d.]+ MB\n$/);
    expect(made.code).toBe(0);
    for (const name of readdirSync(backup))
      expect(statSync(path.join(backup, name)).mode & 0o077).toBe(0);
    const again = path.join(folder, 'again');
    const restored = await runSoc(['restore', backup, '--data', again]);
    expect(restored.stderr).toBe('');
    expect(restored.code).toBe(0);
    const soc = await start(folder, again);
    expect((await soc.blocked()).map((block) => block.source_ip)).toEqual(['203.0.113.7']);
    expect(await soc.alerts()).toHaveLength(1);
  });

  it.each([
    [['backup'], /^Name one folder to make the backup in/],
    [['restore'], /^Name one backup to restore/],
    [
      ['backup', 'x', '--data', '/nonexistent'],
      /^Cannot back up "\/nonexistent": there is no soc\.duckdb/,
    ],
    [
      ['restore', '/nonexistent'],
      /^Cannot restore from "\/nonexistent": it is no folder that "soc backup" made/,
    ],
  ])('soc %j ends in one sentence and code 2', async (args, sentence) => {
    const ended = await runSoc(args);
    expect(ended.stderr).toMatch(sentence);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.code).toBe(2);
  });
});

describe('soc restore', () => {
  it(
    'refuses a folder that is not empty or in use, a damaged and a newer backup',
    { timeout: 180_000 },
    async () => {
      const folder = await madeFolder();
      const data = path.join(folder, 'data');
      const backup = path.join(folder, 'kept');
      await runSoc(['backup', backup, '--data', data]);
      const restore = (...more: readonly string[]) => runSoc(['restore', backup, ...more]);

      expect((await runSoc(['backup', backup, '--data', data])).stderr).toMatch(
        /it is there already/,
      );
      expect((await runSoc(['backup', path.join(data, 'x'), '--data', data])).stderr).toMatch(
        /it lies in the data folder itself/,
      );
      expect((await restore('--data', data)).stderr).toMatch(/it is not empty \(.*--replace/);
      const soc = await start(folder);
      const refused = await restore('--data', data, '--replace');
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toMatch(/mini-SOC is running on it/);
      await soc.end('SIGTERM');

      const replaced = await restore('--data', data, '--replace');
      expect(replaced.stdout).toMatch(/^The folder of before is now .*data\.before-.*\nRestored /);
      expect(replaced.code).toBe(0);

      const manifestFile = path.join(backup, 'manifest.json');
      const manifest = readFileSync(manifestFile, 'utf8');
      const other = path.join(folder, 'other');
      for (const newer of [
        manifest.replace('"format": 1', '"format": 99'),
        manifest.replace(/"stored_form": \d+/, '"stored_form": 99'),
      ]) {
        writeFileSync(manifestFile, newer);
        expect((await restore('--data', other)).stderr).toMatch(
          /mini-SOC [\d.]+ made it .*this version knows format 1 and stored forms up to \d+/,
        );
      }
      writeFileSync(manifestFile, manifest.replace('ledger.ndjson', '../ledger.ndjson'));
      expect((await restore('--data', other)).stderr).toMatch(/its manifest\.json is damaged/);
      writeFileSync(manifestFile, manifest);
      appendFileSync(path.join(backup, 'ledger.ndjson'), 'x');
      expect((await restore('--data', other)).stderr).toMatch(
        /"ledger\.ndjson" is not as it was written/,
      );
      expect(readdirSync(folder)).not.toContain('other');
    },
  );
});
