import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EVENT_FIELDS, UsageError, type Alert, type SocEvent } from '@mini-soc/model';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { openConnection } from '../src/duckdb/connection.ts';
import { MODEL_LAYOUT } from '../src/duckdb/event-layout.ts';
import { heldFields, type HeldField } from '../src/duckdb/mapping.ts';
import { openDuckDbStore } from '../src/duckdb/index.ts';
import { SCHEMA_VERSION, STEPS } from '../src/duckdb/steps.ts';
import { sampleAlert, sampleEvent } from './conformance.ts';
import { folderHash } from './folder-hash.ts';

/** The queried fields of each stored form. A change of the fields is a new form: add a step without work. */
const QUERIED_BY_VERSION: Readonly<Record<number, readonly string[]>> = {
  1: [
    'log_type',
    'action',
    'status',
    'source_ip',
    'destination_port',
    'username',
    'hostname',
    'program',
    'command',
    'url_path',
    'http_status',
    'repeat_count',
  ],
  3: [
    'log_type',
    'action',
    'status',
    'source_ip',
    'destination_port',
    'username',
    'hostname',
    'program',
    'command',
    'url_path',
    'http_status',
    'repeat_count',
    'url_decoded',
    'user_agent',
  ],
  4: [
    'log_type',
    'action',
    'status',
    'source_ip',
    'destination_port',
    'username',
    'hostname',
    'program',
    'command',
    'reason',
    'url_path',
    'http_status',
    'repeat_count',
    'url_decoded',
    'user_agent',
  ],
  5: [
    'log_type',
    'action',
    'status',
    'source_ip',
    'source_network',
    'source_host',
    'destination_port',
    'username',
    'hostname',
    'program',
    'command',
    'auth_method',
    'key_fingerprint',
    'reason',
    'url_path',
    'http_status',
    'repeat_count',
    'url_decoded',
    'user_agent',
  ],
};

const newFile = () => path.join(mkdtempSync(path.join(tmpdir(), 'soc-migrate-')), 'soc.duckdb');

/** Runs SQL on a file as if another version had. */
async function change(file: string, ...statements: readonly string[]): Promise<void> {
  const connection = await openConnection({ path: file, memoryLimitMb: 96, threads: 1 });
  for (const statement of statements) await connection.run(statement);
  await connection.close();
}

async function query(file: string, sql: string) {
  const connection = await openConnection({
    path: file,
    memoryLimitMb: 96,
    threads: 1,
    readOnly: true,
  });
  const rows = await connection.query(sql);
  await connection.close();
  return rows;
}

const EVENTS: readonly SocEvent[] = Array.from({ length: 50 }, (_, index) =>
  sampleEvent(
    `e${index}`,
    {
      username: `user-${index % 7}`,
      hostname: `host-${index % 5}`,
      referrer: index % 3 === 0 ? `agent ${index}` : '',
      http_status: index,
      ...(index % 2 === 0 ? { extra: { nested: { referrer: 'x' } } } : {}),
    },
    index,
  ),
);

async function makeFile(queriedFields?: readonly HeldField[]): Promise<string> {
  const file = newFile();
  const store = await openDuckDbStore({
    path: file,
    ...(queriedFields === undefined ? {} : { queriedFields }),
  });
  await store.appendEvents(EVENTS);
  await store.createAlerts([sampleAlert('x'), sampleAlert('own', { self_test: true })]);
  await store.close();
  return file;
}

async function eventsIn(file: string, queriedFields?: readonly HeldField[]) {
  const store = await openDuckDbStore({
    path: file,
    ...(queriedFields === undefined ? {} : { queriedFields }),
  });
  const events = await store.searchEvents({ size: 100_000, order: 'oldest' });
  await store.close();
  return events;
}

const without = (name: string) => MODEL_LAYOUT.fields.filter((field) => field.name !== name);
const withField = (name: string): readonly HeldField[] => [
  ...MODEL_LAYOUT.fields,
  { name, kind: 'text' },
];

describe('STEPS', () => {
  it('STEPS count from 1 without a gap', () => {
    expect(STEPS.map((step) => step.version)).toEqual(STEPS.map((_, index) => index + 1));
  });

  it('STEPS have a new number when the queried fields change', () => {
    const known = Object.entries(QUERIED_BY_VERSION).findLast(
      ([version]) => Number(version) <= SCHEMA_VERSION,
    );
    expect(MODEL_LAYOUT.fields.map((field) => field.name).toSorted()).toEqual(
      known?.[1].toSorted(),
    );
  });
});

describe('heldFields()', () => {
  it('heldFields() refuses a queried field that no column holds exactly', () => {
    expect(() =>
      heldFields(EVENT_FIELDS.map((field) => ({ ...field, queried: field.name === 'flags' }))),
    ).toThrow(/^Field "flags" cannot be queried/);
  });
});

describe('openDuckDbStore() on a file of another version', () => {
  it('writes the number of the stored form and of the product', async () => {
    const file = newFile();
    await (await openDuckDbStore({ path: file, product: '1.2.3' })).close();
    expect(await query(file, `SELECT doc FROM states WHERE name = 'schema'`)).toEqual([
      { doc: JSON.stringify({ version: SCHEMA_VERSION, product: '1.2.3' }) },
    ]);
  });

  it('refuses a newer form in one sentence and leaves every byte', async () => {
    const file = await makeFile();
    await change(
      file,
      `INSERT OR REPLACE INTO states (name, doc) VALUES ('schema', '{"version":99,"product":"9.0.0"}')`,
    );
    const before = folderHash(path.dirname(file));
    const refused = openDuckDbStore({ path: file });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      new RegExp(
        `^Cannot open ".*": it has stored form 99, written by mini-SOC 9.0.0, this version knows forms up to ${SCHEMA_VERSION} \\([^\\n]*\\)$`,
      ),
    );
    expect(folderHash(path.dirname(file))).toEqual(before);
  });

  it('leaves every byte of a newer file and of its log, which a killed process left', async () => {
    const file = await makeFile();
    await change(
      file,
      `INSERT OR REPLACE INTO states (name, doc) VALUES ('schema', '{"version":99}')`,
      'CHECKPOINT',
    );
    await killedWriter(file, `INSERT INTO blocks (block_id, n, t, doc) VALUES ('b', 1, 1, '{}')`);
    const before = folderHash(path.dirname(file));
    expect(before.some((line) => /^soc\.duckdb\.wal [1-9]/.test(line))).toBe(true);
    await expect(openDuckDbStore({ path: file })).rejects.toThrow(/it has stored form 99/);
    expect(folderHash(path.dirname(file))).toEqual(before);
  });

  it.each([
    [
      `INSERT OR REPLACE INTO states (name, doc) VALUES ('schema', 'soon')`,
      /the number of its stored form is unreadable, this version writes form \d+ \(/,
    ],
    ['ALTER TABLE events ADD COLUMN mood VARCHAR', /its table "events" has the column "mood"/],
    ['ALTER TABLE alerts ADD COLUMN mood VARCHAR', /its table "alerts" has the column "mood"/],
    ['ALTER TABLE blocks ADD COLUMN mood VARCHAR', /its table "blocks" has the column "mood"/],
    ['ALTER TABLE events DROP COLUMN seq', /its table "events" lacks the column "seq"/],
  ])('refuses after %s and leaves every byte', async (statement, sentence) => {
    const file = await makeFile();
    await change(file, `DELETE FROM states WHERE name = 'schema'`, statement);
    const before = folderHash(path.dirname(file));
    await expect(openDuckDbStore({ path: file })).rejects.toThrow(sentence);
    expect(folderHash(path.dirname(file))).toEqual(before);
  });

  it('opens a file of before there were numbers, whose alerts lack columns', async () => {
    const file = await makeFile();
    await change(
      file,
      `DELETE FROM states WHERE name = 'schema'`,
      'ALTER TABLE alerts DROP COLUMN self_test',
      'ALTER TABLE alerts DROP COLUMN rule_name',
    );
    const store = await openDuckDbStore({ path: file });
    const own = await store.searchAlerts({ size: 10, selfTest: true });
    expect(own.map(({ alert }) => alert.alert_id)).toEqual(['own']);
    expect(await store.searchAlerts({ size: 10, ruleName: 'BruteForceRule' })).toHaveLength(2);
    expect(await store.createAlerts([sampleAlert('x'), sampleAlert('y')])).toEqual([
      'exists',
      'created',
    ]);
    await store.close();
    expect(await query(file, `SELECT doc FROM states WHERE name = 'schema'`)).toHaveLength(1);
  });

  it('finds what waits in a file of before there were lanes, and reads no document for it', async () => {
    const file = newFile();
    const store = await openDuckDbStore({ path: file });
    const made = (id: string, fields: Partial<Alert>) =>
      sampleAlert(id, { severity: 'high', ...fields });
    const { details } = sampleAlert('merged');
    await store.createAlerts([
      made('pending', { enriched: true }),
      made('late', { late: true, response: { state: 'done' } }),
      made('answered', { enriched: true, response: { state: 'refused' } }),
      made('merged', { details: { ...details, merged_into: 'pending' } }),
    ]);
    await store.close();
    await change(
      file,
      `UPDATE states SET doc = '{"version":1,"product":"0.1.0"}' WHERE name = 'schema'`,
      ...['severity', 'late', 'waits_for'].map((name) => `ALTER TABLE alerts DROP COLUMN ${name}`),
    );
    const opened = await openDuckDbStore({ path: file });
    const first = { severity: 'high', late: false, ms: Date.parse(sampleAlert('x')['@timestamp']) };
    expect(await opened.waitingAlerts({ lane: 'response', size: 10 })).toEqual([
      { ...first, alertId: 'pending', waitsFor: ['response'] },
    ]);
    expect(await opened.waitingAlerts({ lane: 'enrichment', size: 10 })).toEqual([
      { ...first, late: true, alertId: 'late', waitsFor: ['enrichment'] },
    ]);
    expect((await opened.readAlerts(['pending']))[0]).toEqual({
      alert: made('pending', { enriched: true }),
      version: '1',
    });
    await opened.close();
    expect(await query(file, `SELECT doc FROM states WHERE name = 'schema'`)).toEqual([
      { doc: expect.stringContaining(`"version":${SCHEMA_VERSION}`) as string },
    ]);
    await change(file, `UPDATE alerts SET doc = 'unreadable'`);
    const again = await openDuckDbStore({ path: file });
    expect(await again.waitingAlerts({ lane: 'response', size: 10 })).toHaveLength(1);
    await again.close();
    expect(readdirSync(path.dirname(file))).toEqual(['soc.duckdb']);
  });

  it('writes to the columns by their names, however the tables order them', async () => {
    const file = await makeFile();
    for (const table of ['events', 'alerts']) {
      const names = (await query(file, `SELECT * FROM ${table} LIMIT 1`)).flatMap((row) =>
        Object.keys(row),
      );
      await change(
        file,
        `CREATE TABLE turned AS SELECT ${names.toReversed().join(', ')} FROM ${table}`,
        `DROP TABLE ${table}`,
        `ALTER TABLE turned RENAME TO ${table}`,
        ...(table === 'alerts' ? ['ALTER TABLE alerts ADD PRIMARY KEY (alert_id)'] : []),
      );
    }
    const store = await openDuckDbStore({ path: file });
    const more = sampleEvent('more', { username: 'mallory', hostname: 'db1' }, 99);
    await store.appendEvents([more]);
    await store.createAlerts([sampleAlert('y'), sampleAlert('z')]);
    await store.createAlerts([sampleAlert('one')]);
    expect(await store.searchEvents({ size: 100, order: 'oldest' })).toEqual([...EVENTS, more]);
    expect(
      await store.countEvents({ kind: 'equals', field: 'username', value: 'mallory', cased: true }),
    ).toBe(1);
    for (const id of ['y', 'z', 'one'])
      expect((await store.readAlerts([id]))[0]?.alert).toEqual(sampleAlert(id));
    expect(await store.searchAlerts({ size: 10, ruleName: 'BruteForceRule' })).toHaveLength(5);
    await store.close();
    expect(existsSync(`${file}.before-v${SCHEMA_VERSION}`)).toBe(false);
  });

  it('adds a column of which no event has a value without a copy', async () => {
    const file = await makeFile(without('command'));
    expect(await eventsIn(file)).toEqual(EVENTS);
    expect(readdirSync(path.dirname(file))).toEqual(['soc.duckdb']);
  });

  it('fills the column of a field that becomes queried, and keeps the newest copy only', async () => {
    const file = await makeFile(without('username'));
    const sentences: string[] = [];
    const store = await openDuckDbStore({ path: file, onProgress: (said) => sentences.push(said) });
    expect(
      await store.countEvents({ kind: 'equals', field: 'username', value: 'user-3', cased: true }),
    ).toBe(7);
    expect(await store.searchEvents({ size: 100, order: 'oldest' })).toEqual(EVENTS);
    await store.close();
    const copy = `${file}.before-v${SCHEMA_VERSION}`;
    expect(sentences[0]).toBe(`A copy of the database of before is kept as "${copy}"`);
    const [row] = await query(copy, 'SELECT count(*) AS n FROM events');
    expect(row?.['n']).toBe(50n);
    await change(file, `DELETE FROM states WHERE name = 'schema'`);
    expect(await eventsIn(file, withField('referrer'))).toEqual(EVENTS);
    expect(readdirSync(path.dirname(file))).toEqual(['soc.duckdb', 'soc.duckdb.before-v0']);
  });

  it('keeps the values of a field that ceases to be queried', async () => {
    const file = await makeFile(withField('referrer'));
    expect(await eventsIn(file)).toEqual(EVENTS);
    expect(await eventsIn(file, without('hostname'))).toEqual(EVENTS);
  });

  it('says how much space it needs and changes nothing when there is less', async () => {
    const file = await makeFile(without('username'));
    const before = folderHash(path.dirname(file));
    await expect(
      openDuckDbStore({ path: file, freeBytes: async () => 2 * 1_048_576 }),
    ).rejects.toThrow(
      /^Cannot bring ".*" to the stored form of this version: that needs \d+ MB of free space .*: free are 2 MB \(.*nothing was changed\)$/,
    );
    expect(folderHash(path.dirname(file))).toEqual(before);
  });

  it('begins the rewriting anew when another version stored or deleted meanwhile', async () => {
    const file = await makeFile(without('username'));
    await change(
      file,
      `CREATE TABLE events_next AS SELECT seq, id_hash, event_id, t, log_type, action, status, source_ip, destination_port,
        'wrong' AS username, hostname, program, command, url_path, http_status, repeat_count, doc FROM events WHERE seq <= 20`,
      `DELETE FROM events WHERE seq = 3`,
    );
    expect(await eventsIn(file)).toEqual(EVENTS.filter((event) => event.event_id !== 'e2'));
    expect((await query(file, 'SHOW TABLES')).map((row) => row['name'])).not.toContain(
      'events_next',
    );
  });
});

const SCRIPT = fileURLToPath(new URL('open-with-columns.ts', import.meta.url));

/** The script as one file: a process that translates every source takes seconds before it begins. */
async function bundleScript(): Promise<string> {
  const outfile = path.join(mkdtempSync(path.join(tmpdir(), 'soc-script-')), 'open.mjs');
  const { href } = pathToFileURL(SCRIPT);
  await build({
    entryPoints: [SCRIPT],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    // Named by its place: the bundle lies where no package is found.
    plugins: [
      {
        name: 'bindings',
        setup: (plugin) =>
          plugin.onResolve({ filter: /^@duckdb\/node-bindings$/ }, ({ path: name, kind }) => {
            const place = createRequire(href).resolve(name);
            const isCall = kind === 'require-call';
            return { path: isCall ? place : pathToFileURL(place).href, external: true };
          }),
      },
    ],
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom('${href}');`,
    },
    logLevel: 'warning',
  });
  return outfile;
}

/** Opens the file in a process of its own and kills that at some time; true when it was done before. */
async function killedOpening(
  script: string,
  file: string,
  names: readonly string[],
  killAfterMs: number,
) {
  const child = spawn(process.execPath, [script, file, names.join(',')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_code, signal) => resolve(signal)),
  );
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said === 'open\n') setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  const signal = await ended;
  const isDone = said.includes('done');
  if (!isDone && signal !== 'SIGKILL') throw new Error('The process ended by itself');
  return isDone;
}

/** A process that writes and dies, so that what it wrote is in the log only. */
async function killedWriter(file: string, sql: string): Promise<void> {
  const script = `
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(${JSON.stringify(`ATTACH '${file}' AS soc`)});
    await connection.run('USE soc');
    await connection.run(${JSON.stringify(sql)});
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: path.dirname(SCRIPT),
    stdio: 'inherit',
  });
  await new Promise((resolve) => child.once('exit', resolve));
}

describe('openDuckDbStore() killed while it rewrites', () => {
  it(
    'loses nothing, wherever it is killed, and comes to the end',
    { timeout: 180_000 },
    async () => {
      const file = newFile();
      const many = Array.from({ length: 60_000 }, (_, index) =>
        sampleEvent(
          `e${index}`,
          { username: `user-${index % 977}`, referrer: `agent ${index}`, bytes: index },
          index,
        ),
      );
      const store = await openDuckDbStore({ path: file });
      await store.appendEvents(many);
      await store.close();
      const names = [...without('username').map((field) => field.name), 'referrer'];
      const script = await bundleScript();
      for (let kill = 0; kill < 6; kill += 1)
        if (await killedOpening(script, file, names, Math.random() * 1200)) break;
      const wanted = heldFields(
        EVENT_FIELDS.map((field) => ({ ...field, queried: names.includes(field.name) })),
      );
      const end = await openDuckDbStore({ path: file, queriedFields: wanted });
      expect(await end.searchEvents({ size: 100_000, order: 'oldest' })).toEqual(many);
      expect(
        await end.countEvents({
          kind: 'equals',
          field: 'referrer',
          value: 'agent 7',
          cased: true,
        }),
      ).toBe(1);
      await end.close();
      expect((await query(file, 'SHOW TABLES')).map((row) => row['name'])).not.toContain(
        'events_next',
      );
    },
  );
});
