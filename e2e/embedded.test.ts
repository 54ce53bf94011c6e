/** The main path in a real process: log lines in, alerts and blocks out, over restarts and bad input. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createActor } from './attacker.ts';
import { everyLineOnce, replayWithKills } from './replay-with-kills.ts';
import { eventually, newFolder, runSoc, startSoc, type SocProcess } from './soc-process.ts';

const WITHIN_MS = 120_000;
const running: SocProcess[] = [];

async function up(
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<SocProcess> {
  const soc = await startSoc(
    [
      '--logs',
      path.join(folder, 'auth.log'),
      path.join(folder, 'ufw.log'),
      path.join(folder, 'web-*.log'),
    ],
    { data: path.join(folder, 'data'), variables },
  );
  running.push(soc);
  return soc;
}

function logsIn(folder: string) {
  return {
    auth: path.join(folder, 'auth.log'),
    ufw: path.join(folder, 'ufw.log'),
    web: path.join(folder, 'web-access.log'),
  };
}

async function stored(soc: SocProcess): Promise<number> {
  const answer = await fetch(`${soc.url('console')}/api/overview`);
  const overview = (await answer.json()) as { totals: { events: number } };
  return overview.totals.events;
}

/** Whether somebody listens on the port of this machine. */
function listening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });
}

afterEach(async () => {
  for (const soc of running.splice(0)) await soc.end('SIGKILL');
});

describe('soc up', () => {
  it('raises the right alert for each attack and blocks the attackers and nobody else', async () => {
    const folder = newFolder();
    const files = logsIn(folder);
    const soc = await up(folder);
    createActor('203.0.113.7', files).failsSsh(12);
    const stuffer = createActor('203.0.113.8', files);
    stuffer.failsSsh(3, 'alice');
    await new Promise((resolve) => setTimeout(resolve, 1100)); // the log has seconds: the success must be later
    stuffer.logsIn('alice');
    createActor('198.51.100.20', files).scansPorts(40);
    createActor('198.51.100.21', files).fuzzesWeb(30);
    createActor('198.18.0.9', files).failsSsh(2, 'bob');
    await eventually(async () => (await soc.alerts()).length >= 5, WITHIN_MS);
    await eventually(
      async () => (await soc.alerts()).every((alert) => alert.response.state !== 'pending'),
      WITHIN_MS,
    );
    const alerts = await soc.alerts();
    expect(new Set(alerts.map((alert) => `${alert.rule_name} ${alert.source_ip ?? ''}`))).toEqual(
      new Set([
        'BruteForceRule 203.0.113.7',
        'AnomalousLoginRule 203.0.113.8',
        'PortScanRule 198.51.100.20',
        'WebFuzzingRule 198.51.100.21',
        'WebScannerAgentRule 198.51.100.21',
      ]),
    );
    expect((await soc.blocked()).map((block) => block.source_ip).toSorted()).toEqual([
      '198.51.100.21',
      '203.0.113.7',
    ]);
    const burst = alerts.find((alert) => alert.rule_name === 'BruteForceRule');
    expect(burst).toMatchObject({ severity: 'high', event_count: 12 });
    await eventually(
      async () =>
        (await soc.alerts()).some(
          (alert) => alert.details.mitre_techniques?.includes('T1110.001') === true,
        ),
      WITHIN_MS,
    );
    const finished = await soc.end('SIGINT');
    expect(finished.code).toBe(0);
    expect(finished.stdout).toContain('BLOCK');
  });

  it('goes on where it ended: nothing twice, blocks still in force, lines written meanwhile are judged', async () => {
    const folder = newFolder();
    const files = logsIn(folder);
    let soc = await up(folder);
    createActor('203.0.113.7', files).failsSsh(6);
    await eventually(async () => (await soc.blocked()).length === 1, WITHIN_MS);
    const [before] = await soc.blocked();
    await soc.end('SIGTERM');
    // Over a restart the clock of the machine says how long a block lasts, which is ours too.
    const ledger = readFileSync(path.join(folder, 'data/ledger.ndjson'), 'utf8');
    const [, clockMs] = /"clock":\{"boot":"[0-9a-f-]{36}","ms":(\d+)/.exec(ledger) ?? [];
    const aheadMs = Number(process.hrtime.bigint() / 1_000_000n) - Number(clockMs);
    expect(aheadMs).toBeGreaterThanOrEqual(0);
    expect(aheadMs).toBeLessThan(3_600_000);
    createActor('203.0.113.99', files).failsSsh(6);
    soc = await up(folder);
    await eventually(async () => (await soc.blocked()).length === 2, WITHIN_MS);
    expect((await soc.blocked()).find((block) => block.source_ip === '203.0.113.7')?.until).toBe(
      before?.until,
    );
    await eventually(
      async () => (await soc.alerts()).every((alert) => alert.event_count === 6),
      WITHIN_MS,
    );
    expect(await soc.alerts()).toHaveLength(2);
  });

  it('loses and doubles nothing when it is killed in the middle of a replay', async () => {
    expect(await replayWithKills(3, 2400)).toEqual(everyLineOnce(2400));
  });

  it('reads on through rotation by rename', async () => {
    const folder = newFolder();
    const files = logsIn(folder);
    const soc = await up(folder);
    const attacker = createActor('203.0.113.7', files);
    attacker.failsSsh(3);
    await eventually(async () => (await stored(soc)) === 3, WITHIN_MS);
    renameSync(files.auth, `${files.auth}.1`);
    attacker.failsSsh(2);
    await eventually(async () => (await soc.alerts()).length === 1, WITHIN_MS);
    expect((await soc.alerts())[0]?.event_count).toBe(5);
  });

  it('shows a hostile user name as text on the terminal', async () => {
    const folder = newFolder();
    const files = logsIn(folder);
    const soc = await up(folder);
    createActor('203.0.113.7', files).failsSsh(
      6,
      'invalid user \u001b[2J\u202e<img src=x onerror=alert(1)>',
    );
    await eventually(async () => (await soc.alerts()).length === 1, WITHIN_MS);
    await eventually(() => soc.output().includes('ALERT'), WITHIN_MS);
    expect(soc.output()).not.toMatch(/\u001b\[2J|\u202e/);
  });
});

describe('soc up and signals', () => {
  it('opens no debugger with SIGUSR1 and goes on', async () => {
    const folder = newFolder();
    const soc = await up(folder);
    const debuggers = () => listening(9229);
    const before = await debuggers();
    soc.signal('SIGUSR1');
    await eventually(() => soc.output().includes('SIGUSR1 is ignored'), WITHIN_MS);
    expect(await debuggers()).toBe(before);
    createActor('203.0.113.7', logsIn(folder)).failsSsh(6);
    await eventually(async () => (await soc.alerts()).length === 1, WITHIN_MS);
  });

  it.each(['SIGQUIT', 'SIGUSR2'] as const)('ends in order with %s', async (name) => {
    const folder = newFolder();
    const soc = await up(folder);
    createActor('203.0.113.7', logsIn(folder)).failsSsh(6);
    await eventually(async () => (await stored(soc)) === 6, WITHIN_MS);
    expect(await soc.end(name)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('6 events stored'),
    });
  });
});

// Root may read and write everything.
describe.runIf(process.getuid?.() !== 0)('soc up without a permission', () => {
  it('starts with a log that it cannot read, says so, and reads it when it may', async () => {
    const folder = newFolder();
    const files = logsIn(folder);
    createActor('203.0.113.7', files).failsSsh(6);
    chmodSync(files.auth, 0o000);
    const soc = await up(folder);
    await eventually(
      () => /Cannot read ".*auth\.log": permission denied/.test(soc.output()),
      WITHIN_MS,
    );
    createActor('198.51.100.20', files).scansPorts(40);
    await eventually(async () => (await soc.alerts()).length === 1, WITHIN_MS);
    chmodSync(files.auth, 0o644);
    await eventually(async () => (await soc.alerts()).length === 2, WITHIN_MS);
    expect(await stored(soc)).toBe(46);
  });

  it('waits with a start in a folder that it may not write, and goes on by itself', async () => {
    const folder = newFolder();
    const data = path.join(folder, 'data');
    mkdirSync(data, { mode: 0o500 });
    const timer = setTimeout(() => chmodSync(data, 0o700), 2000);
    const soc = await up(folder);
    clearTimeout(timer);
    expect(soc.output()).toMatch(/Cannot start yet: .*permission denied/);
  });
});

describe('soc up refuses in one sentence with exit code 2', () => {
  it('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const folder = newFolder();
    writeFileSync(path.join(folder, 'auth.log'), '');
    const finished = await runSoc(
      ['up', '--logs', path.join(folder, 'auth.log'), '--data', path.join(folder, 'data')],
      {
        variables: {
          DETECTION_PORT: '0',
          RESPONSE_PORT: '0',
          ENRICHER_PORT: '0',
          CONSOLE_PORT: String(port),
        },
      },
    );
    server.close();
    expect(finished).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^Cannot open port \d+ for console: it is already in use .*\n$/,
      ),
    });
  });

  it('a folder in place of a log', async () => {
    const folder = newFolder();
    const finished = await runSoc(['up', '--logs', folder, '--data', path.join(folder, 'data')]);
    expect(finished).toMatchObject({ code: 2, stderr: expect.stringContaining('it is a folder') });
  });

  it('wrong settings, all at once', async () => {
    const finished = await runSoc(['up', '--demo'], {
      variables: { CONSOLE_PORT: 'x', BLOCK_DURATION: 'soon' },
    });
    expect(finished.code).toBe(2);
    expect(finished.stderr).toMatch(
      /CONSOLE_PORT .*current value is "x"\n {2}BLOCK_DURATION .*current value is "soon"/,
    );
  });

  it('a data folder that another instance uses', async () => {
    const folder = newFolder();
    await up(folder);
    const finished = await runSoc(
      ['up', '--logs', path.join(folder, 'auth.log'), '--data', path.join(folder, 'data')],
      {
        variables: {
          DETECTION_PORT: '0',
          RESPONSE_PORT: '0',
          ENRICHER_PORT: '0',
          CONSOLE_PORT: '0',
        },
      },
    );
    expect(finished.code).toBe(2);
    expect(finished.stderr).toMatch(/in use by another process/);
  });

  it('a data folder that cannot be made', async () => {
    const folder = newFolder();
    writeFileSync(path.join(folder, 'file'), '');
    const finished = await runSoc(['up', '--demo', '--data', path.join(folder, 'file', 'data')]);
    expect(finished).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Cannot create the data folder/),
    });
  });

  it('an option it does not know', async () => {
    expect(await runSoc(['up', '--dmeo'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--dmeo'),
    });
    expect(await runSoc(['upp'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected one of up, parse'),
    });
  });
});

describe('the other commands', () => {
  it('parse writes one JSON per line', async () => {
    const line =
      'Nov 21 03:40:00 web01 sshd[411]: Failed password for root from 203.0.113.9 port 22 ssh2';
    const finished = await runSoc(['parse'], { input: `${line}\nnonsense\n${line}` });
    const answers = finished.stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as { event: { source_ip?: string } | null });
    expect(answers.map((answer) => answer.event?.source_ip ?? null)).toEqual([
      '203.0.113.9',
      null,
      '203.0.113.9',
    ]);
    expect(finished.code).toBe(0);
  });

  it('status, alerts, blocked and trigger ask the running instance', async () => {
    const folder = newFolder();
    const files = logsIn(folder);
    mkdirSync(path.join(folder, 'data'));
    const soc = await up(folder);
    createActor('203.0.113.7', files).failsSsh(6);
    await eventually(
      async () => (await soc.alerts()).some((alert) => alert.response.state === 'done'),
      WITHIN_MS,
    );
    const ask = (...args: string[]) => runSoc([...args, '--data', soc.data]);
    const status = (await ask('status')).stdout;
    expect(status).toMatch(/detection .*up/);
    expect(status).toMatch(/^log .*auth\.log: syslog \(said by its first lines\), /m);
    expect((await ask('alerts')).stdout).toMatch(/BruteForceRule +blocked +203\.0\.113\.7/);
    expect((await ask('blocked')).stdout).toContain('203.0.113.7');
    expect((await ask('trigger')).code).toBe(0);
    expect((await ask('blocked', '--unblock', '203.0.113.7')).stdout).toContain(
      'no longer blocked',
    );
    expect((await ask('blocked')).stdout).toBe('Nobody is blocked\n');
    expect(await ask('blocked', '--unblock', '203.0.113.7; id')).toMatchObject({ code: 2 });
    await soc.end('SIGTERM');
    const afterwards = await runSoc(['alerts', '--data', soc.data], {
      variables: { DETECTION_URL: 'http://127.0.0.1:9' }, // nobody, also beside a running demo
    });
    expect(afterwards).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('soc up'),
    });
    appendFileSync(files.auth, '');
  });
});
