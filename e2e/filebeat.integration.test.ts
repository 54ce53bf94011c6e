/**
 * The shipped configurations in a real Filebeat (FILEBEAT_BIN) against a real Elasticsearch with TLS: every line
 * becomes the document that the tailer's path makes of it. Skipped without a Filebeat: then the run of the script
 * in Filebeat's engine and the strict reading of the configurations are what is proven.
 */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '@elastic/elasticsearch';
import { createZoneOffset } from '@mini-soc/ingest';
import { parseLine, rememberedText, toDocument } from '@mini-soc/parsers';
import { openElasticsearchStore } from '@mini-soc/store/elasticsearch';
import { createLineSplitter } from '@mini-soc/tailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusFiles, generatedLines, textsOfParserTests } from './filebeat-cases.ts';
import {
  CAN_RUN,
  startFilebeat,
  startServer,
  type Filebeat,
  type TestServer,
} from './filebeat-process.ts';
import { eventually } from './soc-process.ts';

const PORT = Number(process.env['FILEBEAT_TEST_PORT'] ?? 9390);
const LONG_MS = 400_000;
const POLL_MS = 500;
const ZONE = 'Europe/Berlin';
/** Lines of sshd by which the rate is measured. */
const RATE_LINES = 60_000;

type Document = Readonly<Record<string, unknown>>;

interface Hit {
  readonly _id: string;
  readonly _index: string;
  readonly _source: Document;
}

describe.skipIf(!CAN_RUN)('the shipped configurations (skipped unless FILEBEAT_BIN is set)', () => {
  let server: TestServer;
  let folder = '';
  const running: Filebeat[] = [];
  const logs = (name: string) => path.join(folder, 'log', name);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'filebeat-'));
    server = startServer(`filebeat-${process.pid}`, PORT);
    const store = await openElasticsearchStore({
      url: server.url,
      auth: { username: 'elastic', password: server.password },
      ca: readFileSync(server.caFile, 'utf8'),
    });
    await store.close();
    for (const name of ['nginx', 'apache2', 'httpd']) mkdirSync(logs(name), { recursive: true });
  }, LONG_MS);

  afterAll(async () => {
    for (const filebeat of running) await filebeat.stop();
    server.wipe();
    rmSync(folder, { recursive: true, force: true });
  }, LONG_MS);

  const start = (
    config: string,
    more: Partial<Parameters<typeof startFilebeat>[0]> = {},
  ): Filebeat => {
    const filebeat = startFilebeat({
      config,
      data: path.join(folder, 'data'),
      ...more,
      variables: {
        ELASTICSEARCH_URL: server.url,
        ELASTICSEARCH_USERNAME: 'elastic',
        ELASTICSEARCH_PASSWORD: server.password,
        ELASTICSEARCH_CA_FILE: server.caFile,
        LOG_ROOT: path.join(folder, 'log'),
        LOG_TIME_ZONE: ZONE,
        TZ: ZONE,
        ...more.variables,
      },
    });
    running.push(filebeat);
    return filebeat;
  };

  const count = async (query: object = { match_all: {} }): Promise<number> => {
    try {
      await server.client.indices.refresh({ index: 'soc-logs-*' });
      return (await server.client.count({ index: 'soc-logs-*', query })).count;
    } catch (error) {
      // Each day has its index: of many new ones some have just not started.
      if (error instanceof errors.ResponseError) return -1;
      throw error;
    } finally {
      await sleep(POLL_MS);
    }
  };

  const stored = async (file: string): Promise<ReadonlyMap<number, Document>> => {
    const found = new Map<number, Document>();
    const hits = server.client.helpers.scrollSearch<Document>({
      index: 'soc-logs-*',
      size: 2000,
      query: { term: { log_file: file } },
    });
    for await (const page of hits)
      for (const hit of page.body.hits.hits) {
        const { _id: id, _index: index, _source: document } = hit as Hit;
        expect(id).toBe(document['event_id']);
        expect(index).toBe(
          `soc-logs-${String(document['@timestamp']).slice(0, 10).replaceAll('-', '.')}`,
        );
        found.set(Number(document['log_offset']), document);
      }
    return found;
  };

  /** What the tailer's path makes of the file; the id and the arrival are those of the document that was stored. */
  const wanted = (
    file: string,
    actual: ReadonlyMap<number, Document>,
  ): ReadonlyMap<number, Document> => {
    const zoneOffsetMinutes = createZoneOffset(ZONE);
    const splitter = createLineSplitter({ maxLineBytes: 1_048_576 });
    const made = new Map<number, Document>();
    let previousLine: string | undefined;
    for (const { text, offset, flags } of splitter.push(readFileSync(file))) {
      const storedAt = actual.get(offset)?.['ingested_at'];
      const ingestedAt = typeof storedAt === 'string' ? storedAt : new Date().toISOString();
      const parsed = parseLine(text, {
        arrivalMs: Date.parse(ingestedAt),
        zoneOffsetMinutes,
        previousLine,
      });
      previousLine = rememberedText(text);
      if (parsed === undefined) continue;
      const storedId = actual.get(offset)?.['event_id'];
      const eventId = typeof storedId === 'string' ? storedId : 'not stored';
      // Filebeat has the text alone, not the bytes: it flags a U+FFFD that was written as well.
      const isOdd = text.includes('\ufffd') && !flags.includes('invalid_utf8');
      const seen = isOdd ? [...flags, 'invalid_utf8' as const] : flags;
      made.set(offset, toDocument(parsed, { eventId, ingestedAt, file, offset, flags: seen }));
    }
    return made;
  };

  const expectSame = async (file: string): Promise<number> => {
    const least = wanted(file, new Map()).size;
    await eventually(async () => (await count({ term: { log_file: file } })) >= least, LONG_MS / 2);
    const actual = await stored(file);
    const documents = wanted(file, actual);
    expect([...actual.keys()].toSorted((a, b) => a - b)).toEqual([...documents.keys()]);
    for (const [offset, document] of documents)
      expect({ file, document: actual.get(offset) }).toEqual({
        file,
        document: JSON.parse(JSON.stringify(document)) as Document,
      });
    return documents.size;
  };

  it(
    'filebeat.prod.yml makes the documents of the tailer of every line, once',
    async () => {
      const files = new Map<string, readonly string[]>([
        [logs('nginx/of-tests-access.log'), textsOfParserTests()],
        [
          logs('secure'),
          ['Nov 21 03:40:00 web01 sshd[4]: Failed password for root from 203.0.113.7 port 4 ssh2'],
        ],
        [
          logs('auth.log'),
          [
            'Nov 21 03:40:01 web01 sshd[5]: Failed password for root from 203.0.113.7 port 5 ssh2',
            'Nov 21 03:40:02 web01 last message repeated 3 times',
            `Nov 21 03:40:03 web01 sshd[5]: Failed password for ${'x'.repeat(1_100_000)} from 203.0.113.7 port 5 ssh2`,
            'Nov 21 03:40:04 web01 sshd[5]: Failed password for zoë👾 from 2001:db8::7 port 5 ssh2',
          ],
        ],
        ...corpusFiles().map(
          ({ name, lines }, index) =>
            [
              logs(
                ['nginx/', 'apache2/', 'httpd/'][index % 3] +
                  name.replaceAll('/', '-') +
                  ['-access.log', '-error.log', '-error_log'][index % 3],
              ),
              lines,
            ] as const,
        ),
      ]);
      for (const [file, lines] of files) writeFileSync(file, lines.join('\n') + '\n');
      const filebeat = start('filebeat.prod.yml');
      let documents = 0;
      for (const file of files.keys()) documents += await expectSame(file);
      await filebeat.stop();
      process.stdout.write(
        `Filebeat: ${documents} documents of ${files.size} files are those of the tailer\n`,
      );
      expect(filebeat.log()).not.toContain('javascript processor');

      // Its memory of positions is lost: it ships all of it again, and nothing is stored twice.
      const before = await count();
      rmSync(path.join(folder, 'data'), { recursive: true });
      const again = start('filebeat.prod.yml');
      writeFileSync(
        logs('ufw.log'),
        'Nov 21 03:40:00 web01 kernel: [1.1] [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.7 DST=192.0.2.1 LEN=40 PROTO=TCP SPT=4 DPT=22 SYN\n',
      );
      await expectSame(logs('ufw.log'));
      for (const file of files.keys()) await expectSame(file);
      await again.stop();
      expect(await count()).toBe(before + 1);
    },
    LONG_MS,
  );

  it(
    'keeps what Elasticsearch refuses, and the lines beside it',
    async () => {
      await server.client.indices.create({
        index: 'soc-logs-1999.01.05',
        mappings: { properties: { tty: { type: 'integer' } } },
      });
      writeFileSync(
        logs('kern.log'),
        [
          '1999-01-05T10:00:00Z web01 sshd[5]: Failed password for root from 203.0.113.8 port 5 ssh2',
          '1999-01-05T10:00:01Z web01 sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls',
          '1999-01-05T10:00:02Z web01 sshd[5]: Failed password for root from 203.0.113.9 port 5 ssh2',
          '',
        ].join('\n'),
      );
      const filebeat = start('filebeat.prod.yml', { data: path.join(folder, 'data-refused') });
      const letters = async () => {
        await server.client.indices.refresh({ index: 'soc-dead-letters' });
        return (
          await server.client.search<Document>({
            index: 'soc-dead-letters',
            query: { match: { message: 'COMMAND' } },
          })
        ).hits.hits;
      };
      await eventually(async () => (await letters()).length === 1, LONG_MS / 4);
      const [letter] = await letters();
      const { _source: kept } = letter as Hit;
      const document = JSON.parse(String(kept['message'])) as Document;
      expect(document['message']).toContain('COMMAND=/bin/ls');
      expect(JSON.stringify(kept)).toContain('tty');
      await eventually(
        async () => (await count({ term: { log_file: logs('kern.log') } })) === 2,
        LONG_MS / 4,
      );
      await filebeat.stop();
    },
    LONG_MS,
  );

  it(
    'marks what it reads in the folder of the self-test, over its rotation, and keeps every line',
    async () => {
      const own = path.join(folder, 'self-test', 'mini-soc-self-test-a.log');
      mkdirSync(path.dirname(own));
      const lineOf = (port: number) =>
        `2026-11-21T03:40:0${port % 10}.000000+00:00 mini-soc-self-test sshd[4]: Failed password for invalid user mini-soc-self-test from 192.0.2.7 port ${port} ssh2\n`;
      writeFileSync(own, lineOf(40_000) + 'not understood\n');
      writeFileSync(path.join(folder, 'self-test', 'other.log'), lineOf(50_000));
      mkdirSync(logs('pretends/nginx'), { recursive: true });
      const pretends = logs('pretends/auth.log');
      writeFileSync(
        pretends,
        `${lineOf(40_001)}{"@timestamp":"2026-11-21T03:40:00Z","action":"x","flags":["self_test"]}\n`,
      );
      const filebeat = start('filebeat.prod.yml', {
        data: path.join(folder, 'data-self-test'),
        variables: { LOG_ROOT: logs('pretends'), SELF_TEST_DIR: path.dirname(own) },
      });
      const marked = { term: { flags: 'self_test' } };
      await eventually(async () => (await count(marked)) === 2, LONG_MS / 4);
      await eventually(
        async () => (await count({ term: { log_file: pretends } })) === 2,
        LONG_MS / 4,
      );
      renameSync(own, `${own}.1`);
      writeFileSync(own, lineOf(40_002));
      await eventually(async () => (await count(marked)) === 3, LONG_MS / 4);
      appendFileSync(own, lineOf(40_003));
      await eventually(async () => (await count(marked)) === 4, LONG_MS / 4);
      await filebeat.stop();
      const found = (
        await server.client.search<Document>({ index: 'soc-logs-*', query: marked, size: 10 })
      ).hits.hits.map((hit) => (hit as Hit)['_source']);
      const read = (one: Document) =>
        [one['message'], one['action'], one['source_ip']].map(String).join(' | ');
      expect(found.map(read).toSorted()).toEqual([
        ...[40_000, 40_003, 40_002]
          .map((port) => `${lineOf(port).trimEnd()} | ssh_login | 192.0.2.7`)
          .toSorted(),
        'not understood | unknown | undefined',
      ]);
      expect(new Set(found.map((one) => one['log_file']))).toEqual(new Set([own]));
    },
    LONG_MS,
  );

  it(
    'keeps a line at which the script fails',
    async () => {
      const broken = path.join(folder, 'config');
      cpSync(path.resolve(import.meta.dirname, '../filebeat'), broken, { recursive: true });
      writeFileSync(
        path.join(broken, 'mini-soc.js'),
        'function register() {} function process() { throw new Error("planted"); }',
      );
      const filebeat = start('filebeat.prod.yml', {
        folder: broken,
        data: path.join(folder, 'data-broken'),
      });
      let found = 0;
      await eventually(async () => {
        await server.client.indices.refresh({ index: 'soc-dead-letters' });
        const answer = await server.client.count({
          index: 'soc-dead-letters',
          query: {
            bool: {
              filter: [
                { term: { tags: '_js_exception' } },
                { match: { 'error.message': 'planted' } },
              ],
            },
          },
        });
        found = answer.count;
        return found > 3;
      }, LONG_MS / 4);
      expect(found).toBeGreaterThan(3);
      await filebeat.stop();
    },
    LONG_MS,
  );

  it(
    'filebeat.yml reads the objects of the generator, as fast as is printed',
    async () => {
      const root = path.join(folder, 'generated');
      mkdirSync(root);
      const file = path.join(root, 'events.json');
      const secured = [
        'output.elasticsearch.username=elastic',
        `output.elasticsearch.password=${server.password}`,
        `output.elasticsearch.ssl.certificate_authorities=["${server.caFile}"]`,
      ];
      writeFileSync(file, (await generatedLines(1500)).join('\n') + '\n');
      const options = { overrides: secured, variables: { LOG_ROOT: root } };
      const filebeat = start('filebeat.yml', { ...options, data: path.join(folder, 'data-dev') });
      expect(await expectSame(file)).toBeGreaterThan(2000);
      await filebeat.stop();

      const lines = Array.from({ length: RATE_LINES }, (_, index) => {
        const at = new Date(Date.UTC(2026, 10, 21, 2, 0, 0) + index * 100)
          .toISOString()
          .slice(11, 19);
        return `Nov 21 ${at} web01 sshd[${400 + index}]: Failed password for ${index % 3 === 0 ? 'invalid user admin' : 'root'} from 203.0.113.${index % 256} port ${1024 + (index % 60_000)} ssh2`;
      });
      const fast = path.join(folder, 'fast');
      mkdirSync(fast);
      writeFileSync(path.join(fast, 'events.json'), lines.join('\n') + '\n');
      const measured = start('filebeat.yml', {
        overrides: secured,
        variables: { LOG_ROOT: fast, GOMAXPROCS: '1' },
        data: path.join(folder, 'data-fast'),
      });
      await eventually(
        async () =>
          (await count({ term: { log_file: path.join(fast, 'events.json') } })) === RATE_LINES,
        LONG_MS / 2,
      );
      const rate = Math.round(RATE_LINES / measured.usedSeconds());
      process.stdout.write(
        `Filebeat: ${rate} lines of sshd per second of processor time, from the file to Elasticsearch\n`,
      );
      await measured.stop();
      expect(rate).toBeGreaterThan(0);
    },
    LONG_MS,
  );
});
