/**
 * A production installation in the Docker lab: a real log, security on, blocks in a real firewall. What
 * must be refused is refused: calls without a token, keys outside their indices, starts with bad secrets.
 */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must, openComposeStack, whyNoLab, type ComposeStack } from './compose-stack.ts';

const MINUTE_MS = 60_000;
const say = (text: string): unknown => process.stderr.write(`${text}\n`);
if (whyNoLab !== undefined) say(whyNoLab);

/** A name and no pattern, which would find nothing instead of being refused. */
const TODAY = `soc-logs-${new Date().toISOString().slice(0, 10).replaceAll('-', '.')}`;

/** What each user may do with each index; anything else is refused. */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  detection: {
    [TODAY]: 'read',
    'soc-dead-letters': 'read',
    'soc-alerts': 'read write',
    'soc-state': 'read write',
  },
  response: { 'soc-blocked-ips': 'read' },
  enricher: { 'soc-alerts': 'read', 'soc-blocked-ips': 'read' },
  console: { [TODAY]: 'read', 'soc-blocked-ips': 'read' },
  filebeat: {},
};
const INDICES = [TODAY, 'soc-dead-letters', 'soc-alerts', 'soc-state', 'soc-blocked-ips', 'other'];

/** Changes to a start of detection, and what its one sentence must say. */
const BAD_STARTS: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no token', ['API_TOKEN_FILE='], /API_TOKEN {2}Expected a token in production/],
  ['a short token', ['API_TOKEN_FILE=', 'API_TOKEN=short'], /API_TOKEN {2}Expected at least 32/],
  ['a token file that is missing', ['API_TOKEN_FILE=/no/such'], /API_TOKEN_FILE {2}Cannot read/],
  ['no certificate', ['TLS_CERT_FILE=', 'TLS_KEY_FILE='], /TLS_CERT_FILE {2}Expected a file/],
  [
    'plain http',
    ['ELASTICSEARCH_URL=http://elasticsearch:9200'],
    /ELASTICSEARCH_URL {2}Expected an https/,
  ],
  ['no password', ['ELASTICSEARCH_PASSWORD_FILE='], /ELASTICSEARCH_API_KEY {2}Expected an API key/],
  [
    'a wrong password',
    ['ELASTICSEARCH_PASSWORD_FILE=', 'ELASTICSEARCH_PASSWORD=wrong'],
    /credentials are refused/,
  ],
  ['a foreign authority', ['ELASTICSEARCH_CA_FILE='], /certificate is not trusted/],
];

/** Ways to take something out of the audit trail, or to keep it from being written or read. */
const TRAIL_ATTACKS: readonly (readonly [route: string, how: readonly string[]])[] = [
  ['', ['-XDELETE']],
  ['/_doc/gone', ['-XDELETE']],
  ['/_close', ['-XPOST']],
  ['/_settings', ['-XPUT', ...jsonBody('{"index":{"blocks.read":true}}')]],
];

function jsonBody(text: string): readonly string[] {
  return ['-H', 'content-type: application/json', '-d', text];
}

function optionsOf(how: 'read' | 'write' | readonly string[]): readonly string[] {
  if (how === 'read') return [];
  return how === 'write' ? ['-XPOST', ...jsonBody('{}')] : how;
}

describe.skipIf(whyNoLab !== undefined)('a production installation in Compose', () => {
  let stack: ComposeStack;
  const folder = mkdtempSync(path.join(tmpdir(), 'soc-prod-'));
  const logs = path.join(folder, 'logs');
  const secrets = path.join(folder, 'secrets');

  beforeAll(async () => {
    mkdirSync(logs);
    writeFileSync(path.join(logs, 'auth.log'), '');
    stack = await openComposeStack(
      `soc-prod-${process.pid}`,
      { secrets, logs, variables: path.join(folder, 'variables') },
      { SELF_TEST_INTERVAL: '10s' },
    );
    say(`Lines are shipped by ${stack.filebeat}`);
    const startedMs = Date.now();
    await must(stack.make('prod-up'));
    say(`make prod-up: ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  }, 20 * MINUTE_MS);

  afterAll(async () => {
    if (stack === undefined) return;
    await stack.compose('stop', 'response');
    // Blocks outlive the service on purpose; the test's must not.
    const nft = ['run', '--rm', '-T', '--no-deps', '--entrypoint', 'nft', 'response'];
    await stack.compose(...nft, 'delete', 'table', 'inet', 'mini_soc');
    await stack.compose('--profile', '*', 'down', '--volumes', '--remove-orphans');
    rmSync(folder, { recursive: true });
  }, 4 * MINUTE_MS);

  it('an attack in a real log ends in the firewall', { timeout: 5 * MINUTE_MS }, async () => {
    const tookMs: number[] = [];
    for (let host = 71; host < 76; host += 1) {
      const address = `203.0.113.${host}`;
      const startedMs = Date.now();
      appendFileSync(path.join(logs, 'auth.log'), failedLogins(address, new Date()));
      for (;;) {
        const { output } = await stack.compose(
          'exec',
          '-T',
          'response',
          'nft',
          'list',
          'table',
          'inet',
          'mini_soc',
        );
        if (output.includes(`${address} timeout`)) break;
        if (Date.now() - startedMs > MINUTE_MS)
          throw new Error(`${address} is not blocked: ${output}`);
      }
      tookMs.push(Date.now() - startedMs);
    }
    say(`From log to firewall (and asking for it), ms: ${tookMs.join(', ')}`);
    expect(tookMs).toHaveLength(5);
  });

  it('the self-test passes every stage', { timeout: 4 * MINUTE_MS }, async () => {
    const deadline = Date.now() + 3 * MINUTE_MS;
    let text = '';
    while (!/^soc_selftest_ok 1$/m.test(text) && Date.now() < deadline)
      text = (await stack.compose('exec', '-T', 'console', 'node', '-e', METRICS)).output;
    const seconds = text.split('\n').filter((line) => line.startsWith('soc_selftest_seconds{'));
    say(seconds.join('\n'));
    expect(text).toMatch(/^soc_selftest_ok 1$/m);
    expect(seconds).toHaveLength(6);
  });

  it('no service answers without its token', { timeout: MINUTE_MS }, async () => {
    const ran = await must(stack.compose('exec', '-T', 'console', 'node', '-e', ASK));
    expect(ran.output.trim().split('\n').toSorted()).toEqual(
      [
        ...['DETECTION_URL', 'RESPONSE_URL', 'ENRICHER_URL', 'CONSOLE_URL'].flatMap((name) => [
          `${name} /metrics 401`,
          `${name} /docs/json 401`,
        ]),
        'CONSOLE_URL /api/overview 401',
        'DETECTION_URL /alerts 401',
        'ENRICHER_URL /collection 401',
        'RESPONSE_URL /blocked 401',
      ].toSorted(),
    );
  });

  it(
    'response unblocks for people, and for no service that reaches it',
    { timeout: MINUTE_MS },
    async () => {
      const answers: string[] = [];
      for (const member of ['detection', 'console']) {
        const ran = await must(stack.compose('exec', '-T', member, 'node', '-e', TRY_TOKENS));
        answers.push(
          ...ran.output
            .trim()
            .split('\n')
            .map((line) => `${member} ${line}`),
        );
      }
      expect(answers.toSorted()).toEqual([
        // Let in, and told that this is no address.
        'console api_token 400',
        'console call_tokens 403',
        'detection api_token 401',
        'detection call_tokens 403',
      ]);
    },
  );

  it(
    "Elasticsearch refuses each service's user outside its indices",
    { timeout: 3 * MINUTE_MS },
    async () => {
      const rows: string[] = [];
      for (const [member, allowed] of Object.entries(ALLOWED)) {
        const password = readFileSync(
          path.join(secrets, 'setup', `password_soc_${member}`),
          'utf8',
        );
        const ask = async (
          route: string,
          how: 'read' | 'write' | readonly string[],
        ): Promise<number> => {
          const { output } = await must(
            stack.compose(
              'exec',
              '-T',
              'elasticsearch',
              'curl',
              '-sS',
              '--cacert',
              'config/certs/ca.crt',
              '-u',
              `soc_${member}:${password}`,
              '-o',
              '/dev/null',
              '-w',
              '%{http_code}',
              ...optionsOf(how),
              `https://localhost:9200${route}`,
            ),
          );
          return Number(output.trim());
        };
        for (const index of INDICES) {
          const rights = allowed[index] ?? '';
          const read = await ask(`/${index}/_count`, 'read');
          expect([member, index, read]).toEqual([
            member,
            index,
            rights.includes('read') ? 200 : 403,
          ]);
          // Overwriting: neither the shipper's nor the audit trail's user may do that.
          const write = await ask(`/${index}/_doc/written-by-the-test?op_type=index`, 'write');
          expect([member, index, write]).toEqual([
            member,
            index,
            rights.includes('write') ? 201 : 403,
          ]);
          rows.push(`${member} ${index}: read ${read}, change ${write}`);
        }
        expect(await ask('/_security/user', 'read')).toBe(403);
        // What was done is there to stay, also for those who may add to it or make it.
        for (const [route, how] of TRAIL_ATTACKS)
          expect([member, route, await ask(`/soc-blocked-ips${route}`, how)]).toEqual([
            member,
            route,
            403,
          ]);
      }
      say(rows.join('\n'));
    },
  );

  it.each(BAD_STARTS)(
    'detection refuses to start with %s',
    { timeout: MINUTE_MS },
    async (_name, variables, sentence) => {
      const ran = await stack.compose(
        'run',
        '--rm',
        '-T',
        '--no-deps',
        ...variables.flatMap((one) => ['-e', one]),
        'detection',
      );
      expect(ran.code).not.toBe(0);
      expect(ran.output).toMatch(sentence);
      expect(ran.output).not.toMatch(/\n\s+at /);
    },
  );
});

/** Asks a service as anybody would who is on its network. */
const ASK = `
const ca = require('node:fs').readFileSync(process.env.TLS_CA_FILE);
const own = { DETECTION: '/alerts', RESPONSE: '/blocked', ENRICHER: '/collection', CONSOLE: '/api/overview' };
for (const [name, route] of Object.entries(own))
  for (const path of ['/metrics', '/docs/json', route])
    require('node:https')
      .get(process.env[name + '_URL'] + path, { ca, agent: false }, (answer) => {
        console.log(name + '_URL ' + path + ' ' + answer.statusCode);
        answer.resume();
      })
      .on('error', (error) => console.log(name + '_URL ' + path + ' ' + error.message));
`;

/** Asks for an unblock by each token that a container has to show. */
const TRY_TOKENS = `
const { existsSync, readFileSync } = require('node:fs');
const ca = readFileSync(process.env.TLS_CA_FILE);
const folder = '/run/secrets/mini-soc/';
for (const name of ['api_token', 'call_tokens']) {
  if (!existsSync(folder + name)) continue;
  const words = readFileSync(folder + name, 'utf8').trim().split(',');
  const token = words.length === 1 && name === 'api_token' ? words[0] : words.find((word) => word.startsWith('response:')).slice(9);
  require('node:https')
    .request(process.env.RESPONSE_URL + '/blocked/nobody', { method: 'DELETE', ca, agent: false, headers: { authorization: 'Bearer ' + token } }, (answer) => {
      console.log(name + ' ' + answer.statusCode);
      answer.resume();
    })
    .on('error', (error) => console.log(name + ' ' + error.message))
    .end();
}
`;

/** What detection says of itself to who has the token. */
const METRICS = `
const { readFileSync } = require('node:fs');
const ca = readFileSync(process.env.TLS_CA_FILE);
const authorization = 'Bearer ' + readFileSync(process.env.API_TOKEN_FILE, 'utf8').trim();
require('node:https').get(
  process.env.DETECTION_URL + '/metrics',
  { ca, agent: false, headers: { authorization } },
  (answer) => answer.pipe(process.stdout),
);
`;

function failedLogins(address: string, now: Date): string {
  const time = now.toISOString().replace('Z', '+00:00');
  return Array.from(
    { length: 6 },
    (_, at) =>
      `${time} web01 sshd[${900 + at}]: Failed password for root from ${address} port ${4000 + at} ssh2\n`,
  ).join('');
}
