import { describe, expect, it } from 'vitest';
import { ATTACKER, expectFields, parse, VICTIM, type Wish } from '../test/hostile-line.ts';
import { createFileMemory } from './file-memory.ts';

const NOW = '2026-11-21T03:40:00.000Z';
const line = (object: object): string => JSON.stringify(object);
const docker = (log: string, stream = 'stdout'): string =>
  line({ log, stream, time: '2026-11-21T03:40:00.123456789Z' });
const cri = (text: string, tag = 'F'): string =>
  `2026-11-21T03:40:00.123456789Z stdout ${tag} ${text}`;
const ACCESS = `${ATTACKER} - - [21/Nov/2026:03:40:00 +0000] "GET /a?b=1 HTTP/1.1" 404 13 "-" "curl/8"`;

describe('parseLine() of requests as objects', () => {
  it.each<[string, object, Wish]>([
    [
      'nginx, a request line',
      {
        time_iso8601: '2026-11-21T04:40:00+01:00',
        remote_addr: ATTACKER,
        http_x_forwarded_for: VICTIM,
        remote_user: '-',
        request: 'GET /a%2e?b=1 HTTP/1.1',
        status: '404',
        body_bytes_sent: '13',
        http_user_agent: 'curl/8',
        http_referer: '',
      },
      { url_path: '/a%2e', url_query: 'b=1', http_status: 404, bytes: 13, user_agent: 'curl/8' },
    ],
    [
      'nginx, its parts',
      {
        msec: '1795232400.000',
        remote_addr: ATTACKER,
        request_method: 'POST',
        request_uri: '/login',
        server_protocol: 'HTTP/2.0',
        status: 200,
        host: 'www.example',
      },
      { http_method: 'POST', url_path: '/login', http_version: '2.0', http_host: 'www.example' },
    ],
    [
      'Apache, the time of an access log',
      {
        time: '21/Nov/2026:03:40:00 +0000',
        clientip: ATTACKER,
        verb: 'GET',
        request: '/x',
        url: '/x',
        response: '200',
      },
      { url_path: '/x', http_status: 200 },
    ],
    [
      'Traefik',
      {
        ClientAddr: `${ATTACKER}:39496`,
        ClientHost: VICTIM,
        ClientUsername: '-',
        DownstreamStatus: 403,
        RequestMethod: 'GET',
        RequestPath: '/x',
        RequestProtocol: 'HTTP/1.1',
        StartUTC: NOW,
        'request_User-Agent': 'curl/8',
      },
      { url_path: '/x', http_status: 403, source_port: 39496, user_agent: 'curl/8' },
    ],
    [
      'Caddy',
      {
        level: 'info',
        ts: 1795232400,
        logger: 'http.log.access',
        msg: 'handled request',
        request: {
          remote_ip: ATTACKER,
          remote_port: '40000',
          client_ip: ATTACKER,
          proto: 'HTTP/2.0',
          method: 'GET',
          host: 'www.example',
          uri: '/x',
          headers: { 'User-Agent': ['curl/8'], 'X-Forwarded-For': [VICTIM] },
        },
        user_id: 'bob',
        size: 5,
        status: 401,
      },
      { url_path: '/x', http_status: 401, username: 'bob', source_port: 40000, bytes: 5 },
    ],
  ])('%s', (_title, object, wish) =>
    expectFields(parse(line(object)), {
      '@timestamp': NOW,
      log_type: 'web',
      action: 'http_request',
      source_ip: ATTACKER,
      flags: undefined,
      ...wish,
    }),
  );

  it('whom a trusted proxy of Caddy names is no proof', () => {
    const request = { remote_ip: ATTACKER, client_ip: VICTIM, method: 'GET', uri: '/' };
    expect(parse(line({ ts: 1795232400, request, status: 200 }))).toMatchObject({
      source_ip: VICTIM,
      flags: ['untrusted'],
    });
  });

  it('nginx that escapes as in any log is read, and no quote of a client ends a value', () => {
    const agent = `x\\x22,\\x22remote_addr\\x22:\\x22${VICTIM}`;
    expectFields(
      parse(
        `{"time_local":"21/Nov/2026:03:40:00 +0000","remote_addr":"${ATTACKER}","request":"GET / HTTP/1.1","status":"200","http_user_agent":"${agent}"}`,
      ),
      { source_ip: ATTACKER, user_agent: `x","remote_addr":"${VICTIM}` },
    );
  });

  it.each([
    { status: 200, request: 'GET / HTTP/1.1' },
    { status: 'ok', remote_addr: ATTACKER, request: 'GET / HTTP/1.1' },
    { status: 200, remote_addr: 'unix:', request: 'GET / HTTP/1.1' },
    { level: 'debug', logger: 'http.handlers.reverse_proxy', status: 200 },
  ])('%j is no request', (object) => expect(parse(line(object))).toBeUndefined());
});

describe('parseLine() of lines of containers', () => {
  it.each([
    ['Docker', docker(`${ACCESS}\n`)],
    ['Kubernetes', cri(ACCESS)],
  ])('reads what is inside: %s', (_name, text) =>
    expectFields(parse(text), {
      message: text,
      action: 'http_request',
      source_ip: ATTACKER,
      http_status: 404,
      '@timestamp': NOW,
    }),
  );

  it('takes the time of the engine where the line has none, and the format that is named', () => {
    const failed = `Failed password for root from ${ATTACKER} port 1 ssh2`;
    for (const text of [docker(`${failed}\r\n`), cri(failed)])
      expectFields(parse(text, { format: 'sshd' }), {
        action: 'ssh_login',
        source_ip: ATTACKER,
        '@timestamp': '2026-11-21T03:40:00.123Z',
        flags: undefined,
      });
  });

  it('reads objects inside, but opens no container in a container', () => {
    const inner = line({ remote_addr: ATTACKER, request: 'GET / HTTP/1.1', status: 200 });
    expect(parse(docker(`${inner}\n`))?.source_ip).toBe(ATTACKER);
    expect(parse(docker(`${docker(`${ACCESS}\n`)}\n`))).toBeUndefined();
    expect(parse(cri(cri(ACCESS)))).toBeUndefined();
  });

  it('joins what came in pieces, by output, and takes no second piece for a line', () => {
    const memory = createFileMemory();
    const forged = `Nov 21 03:40:00 web01 sshd[9]: Failed password for root from ${VICTIM} port 1 ssh2`;
    const texts = [
      cri('Nov 21 03:40:00 web01 sshd[9]: Failed password for invalid user x', 'P'),
      `2026-11-21T03:40:00.2Z stderr F ${ACCESS}`,
      cri(forged, 'P'),
      cri(` from ${ATTACKER} port 2 ssh2`),
      cri(ACCESS),
    ];
    expect(texts.map((text) => parse(text, { memory })?.source_ip)).toEqual([
      undefined,
      ATTACKER,
      undefined,
      ATTACKER,
      ATTACKER,
    ]);
    expect(parse(cri(forged, 'P'))).toBeUndefined();
  });

  it('joins pieces of Docker by their length, and lets go of what never ends', () => {
    const memory = createFileMemory();
    const long = 'x'.repeat(16_384);
    const forged = `Nov 21 03:40:00 web01 sshd[9]: Failed password for root from ${VICTIM} port 1 ssh2\n`;
    expect(parse(docker(long), { memory })).toBeUndefined();
    expect(parse(docker(forged), { memory })).toBeUndefined();
    expect(parse(docker(`${ACCESS}\n`), { memory })?.source_ip).toBe(ATTACKER);
    for (let i = 0; i < 80; i++) parse(docker(long), { memory });
    expect((memory.pieces.stdout ?? '').length).toBeLessThan(1_200_000);
    expect(parse(docker(forged), { memory })).toBeUndefined();
    expect(parse(docker(`${ACCESS}\n`), { memory })?.source_ip).toBe(ATTACKER);
  });
});

describe('parseLine() of the Elastic Common Schema', () => {
  const login = {
    '@timestamp': NOW,
    event: { category: ['authentication'], action: 'ssh_login', outcome: 'failure' },
    source: { ip: ATTACKER, port: 40000 },
    user: { name: 'root' },
    process: { name: 'sshd', pid: 9 },
    host: { name: 'web01' },
    message: 'Failed password',
  };
  it.each<[string, object, Wish]>([
    [
      'a login, nested',
      login,
      { action: 'ssh_login', status: 'failure', username: 'root', hostname: 'web01', pid: 9 },
    ],
    [
      'a login, flat',
      {
        '@timestamp': NOW,
        'event.category': 'authentication',
        'event.outcome': 'success',
        'source.ip': ATTACKER,
        'user.name': 'bob',
      },
      { action: 'web_login', status: 'success', username: 'bob' },
    ],
    [
      'a request',
      {
        '@timestamp': NOW,
        event: { category: 'web' },
        source: { ip: ATTACKER },
        http: { request: { method: 'GET' }, response: { status_code: 404 } },
        url: { original: '/a?b=1' },
      },
      { action: 'http_request', http_status: 404, url_path: '/a', log_type: 'web' },
    ],
    [
      'a packet that was dropped',
      {
        '@timestamp': NOW,
        event: { category: ['network'], type: ['connection', 'denied'], action: 'x' },
        source: { ip: ATTACKER },
        destination: { ip: '192.0.2.1', port: 22 },
        network: { transport: 'tcp' },
      },
      { action: 'firewall_drop', status: 'blocked', destination_port: 22, protocol: 'tcp' },
    ],
    [
      'a line that a shipper carries',
      {
        '@timestamp': '2026-11-21T03:41:00Z',
        agent: { type: 'filebeat' },
        host: { name: 'carrier' },
        message: `Nov 21 03:40:00 web01 sshd[9]: Failed password for root from ${ATTACKER} port 1 ssh2`,
      },
      { action: 'ssh_login', hostname: 'web01', status: 'failure' },
    ],
    [
      'a line without a header, of a program that the shipper names',
      {
        '@timestamp': NOW,
        ecs: { version: '8.0.0' },
        host: { name: 'web01' },
        process: { name: 'sshd' },
        message: `Failed password for root from ${ATTACKER} port 1 ssh2`,
      },
      { action: 'ssh_login', hostname: 'web01', program: 'sshd' },
    ],
  ])('%s', (_title, object, wish) =>
    expectFields(parse(line(object)), { '@timestamp': NOW, source_ip: ATTACKER, ...wish }),
  );

  it.each([
    { '@timestamp': NOW, message: 'x', host: { name: 'a' } },
    {
      '@timestamp': NOW,
      event: { category: ['authentication'], type: ['end'] },
      user: { name: 'a' },
    },
    { '@timestamp': NOW, __proto__: { event: { action: 'x' } }, user: { name: 'a' } },
  ])('%j says nothing', (object) => expect(parse(line(object))).toBeUndefined());

  it('ids and labels of others are not believed', () => {
    const event = parse(
      line({ ...login, event: { ...login.event, id: 'forged' }, scenario: 'x', flags: ['cut'] }),
    );
    expect(JSON.stringify({ ...event, message: '' })).not.toMatch(/forged|scenario|cut/);
  });
});
