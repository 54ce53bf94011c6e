/**
 * The script of Filebeat in the real engine (goja at the version Filebeat 8 and 9 pin), against the path of the tailer: one
 * table, same documents, in zones with and without summer time. Skipped without Go, except in CI.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCRIPT } from '../scripts/build-filebeat.ts';
import {
  allCases,
  fileCases,
  lineCase,
  tailedDocuments,
  type ShippedCase,
} from './filebeat-cases.ts';
import { JOURNAL_CASE, WINDOWS_CASES } from './filebeat-records.ts';

const SOURCE = path.join(import.meta.dirname, 'filebeat-engine');
const SCRIPT_FILE = path.resolve(import.meta.dirname, '..', SCRIPT);
const BUILD_MS = 240_000;
const RUN_MS = 120_000;

const hasGo = spawnSync('go', ['version']).status === 0;
const isWanted = hasGo || process.env['CI'] === 'true';

interface Outcome {
  readonly document: Readonly<Record<string, unknown>> | null;
  readonly exception?: string;
}

describe.skipIf(!isWanted)('the script in the engine of Filebeat (skipped without Go)', () => {
  let folder = '';
  let engine = '';

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'filebeat-engine-'));
    engine = path.join(folder, 'engine');
    const built = spawnSync('go', ['build', '-mod=readonly', '-o', engine, '.'], {
      cwd: SOURCE,
      encoding: 'utf8',
      timeout: BUILD_MS,
    });
    if (built.status !== 0)
      throw new Error(
        `Cannot build the engine of Filebeat: "go build" must work here: ${built.error?.message ?? built.stderr}`,
      );
  }, BUILD_MS);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const call = (
    flags: readonly string[],
    parameters: Readonly<Record<string, string>>,
    zone: string,
    cases: readonly (ShippedCase & { readonly messageBytes?: string })[],
  ) =>
    spawnSync(engine, [...flags, SCRIPT_FILE, JSON.stringify(parameters)], {
      encoding: 'utf8',
      env: { ...process.env, TZ: zone },
      input: cases.map((shipped) => `${JSON.stringify(shipped)}\n`).join(''),
      maxBuffer: 1 << 28,
      timeout: RUN_MS,
    });

  const run = (
    cases: readonly (ShippedCase & { readonly messageBytes?: string })[],
    zone = 'UTC',
    parameters: Readonly<Record<string, string>> = {},
  ): readonly Outcome[] => {
    const { stdout, stderr, status } = call(
      [],
      { zone, process_zone: zone, ...parameters },
      zone,
      cases,
    );
    if (status !== 0) throw new Error(`The engine ended with ${status}: ${stderr}`);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Outcome);
  };

  it.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'])(
    'makes the documents of the tailer of every line, throws at none (%s)',
    async (zone) => {
      const cases = await allCases();
      const wanted = tailedDocuments(cases, zone);
      const outcomes = run(cases, zone);
      expect(outcomes.length).toBe(cases.length);
      for (const [index, outcome] of outcomes.entries())
        expect({ line: cases[index]?.fields['message'], ...outcome }).toEqual({
          line: cases[index]?.fields['message'],
          document: wanted[index],
        });
    },
    RUN_MS,
  );

  it('reads entries of the journal as `journalctl -o json` gives them', () => {
    const [outcome] = run([JOURNAL_CASE]);
    expect(outcome).toMatchObject({
      document: {
        '@timestamp': '2026-11-21T11:59:58.123Z',
        event_id: 'journal-1',
        action: 'ssh_login',
        status: 'failure',
        source_ip: '203.0.113.7',
        hostname: 'web01',
        program: 'sshd',
        pid: 411,
      },
    });
    const message = outcome?.document?.['message'];
    expect(JSON.parse(String(message))).toMatchObject({
      __REALTIME_TIMESTAMP: '1795262398123456',
      _UID: '0',
    });
    expect(outcome?.document).not.toHaveProperty('flags');
    expect(outcome?.document).not.toHaveProperty('journald');
  });

  it.each(WINDOWS_CASES)('reads $name of Windows', ({ shipped, wish }) => {
    const [outcome] = run([shipped]);
    if (wish === null) expect(outcome).toEqual({ document: null });
    else {
      expect(outcome?.exception).toBeUndefined();
      expect(outcome?.document).toMatchObject(wish);
      expect(outcome?.document).not.toHaveProperty('winlog');
    }
  });

  it('makes U+FFFD of bytes that are no text, and flags the line', () => {
    const line =
      'Nov 21 03:40:00 web01 sshd[4]: Failed password for root from 203.0.113.7 port 4 ssh2';
    const bytes = Buffer.from(line.replace('root', 'r\u00fft'), 'latin1').toString('base64');
    const [outcome] = run([{ ...lineCase('', '/a', 0), messageBytes: bytes }]);
    expect(outcome?.document).toMatchObject({ username: 'r\ufffdt', flags: ['invalid_utf8'] });
  });

  it('does not start with a zone that the machine has no data for', () => {
    const { status, stderr } = call(
      [],
      { zone: 'Mars/Base', process_zone: 'Mars/Base' },
      'Mars/Base',
      [],
    );
    expect(status).toBe(1);
    expect(stderr).toContain('LOG_TIME_ZONE  Expected a zone that this machine has data for');
  });

  it(
    'prints how many lines of sshd one core reads in a second',
    () => {
      const lines = Array.from(
        { length: 500 },
        (_, index) =>
          `Nov 21 03:${String(index % 60).padStart(2, '0')}:00 web01 sshd[${411 + index}]: Failed password for ${index % 3 === 0 ? 'invalid user admin' : 'root'} from 203.0.113.${index % 256} port ${4000 + index} ssh2`,
      );
      const { stdout, stderr } = call(
        ['-rate'],
        { zone: 'UTC' },
        'UTC',
        fileCases(lines, '/var/log/auth.log'),
      );
      process.stdout.write(
        `Script of Filebeat: ${stdout.trim()} lines of sshd per second and core\n`,
      );
      expect(stderr).toBe('');
      expect(Number(stdout)).toBeGreaterThan(0);
    },
    RUN_MS,
  );
});
