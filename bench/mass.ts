/**
 * Mass: an old log of many sources, and many attackers at once, through the bundled program in a process
 * of its own, beside what a loop that only reads the lines and finds the attempts needs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const SOURCES = 2000;
const FAILURES_IN_TEN = 6;
const DAYS_MS = 7 * 86_400_000;
const ATTEMPTS_EACH = 5;
const PATIENCE_MS = 600_000;
const LOOK_MS = 250;
/** Nothing has changed for so long: it is done. */
const REST_MS = 5000;

export interface BacklogFigures {
  readonly lines: number;
  readonly answeredSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly decisions: number;
  /** A bare readline loop with one expression over the same file. */
  readonly loopSeconds: number;
}

/** A backlog through the program: until every alert is answered and in the audit trail. */
export async function measureBacklog(lines: number, port: number): Promise<BacklogFigures> {
  return inFolder(async (folder) => {
    const log = path.join(folder, 'auth.log');
    await writeOldLog(log, lines);
    const loopSeconds = await readlineLoop(log);
    const program = await startProgram(folder, log, port);
    try {
      const restedMs = await untilAtRest(port, program, lines);
      return {
        lines,
        answeredSeconds: restedMs / 1000,
        cpuSeconds: await cpuSecondsOf(program),
        peakMb: await peakOf(program),
        decisions: await metric(port + 1, 'soc_response_decisions_total'),
        loopSeconds,
      };
    } finally {
      await stopProgram(program);
    }
  });
}

export interface AttackersFigures {
  readonly attackers: number;
  readonly lastBlockedSeconds: number;
  readonly blocked: number;
}

/** Attackers who all come within a moment: until the last of them is blocked. */
export async function measureAttackers(attackers: number, port: number): Promise<AttackersFigures> {
  return inFolder(async (folder) => {
    const log = path.join(folder, 'auth.log');
    await writeFile(log, '');
    const program = await startProgram(folder, log, port);
    try {
      await appendAttack(log, attackers);
      const began = performance.now();
      let blocked = 0;
      let lastMs = began;
      while (blocked < attackers && performance.now() - began < PATIENCE_MS) {
        await pause(LOOK_MS);
        const present = await metric(port + 1, 'soc_response_active_blocks');
        if (present > blocked) lastMs = performance.now();
        blocked = Math.max(blocked, present);
      }
      return { attackers, blocked, lastBlockedSeconds: (lastMs - began) / 1000 };
    } finally {
      await stopProgram(program);
    }
  });
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'soc-mass-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sources in turn, bursts of theirs among each other, in order of time, a week long. */
async function writeOldLog(file: string, lines: number): Promise<void> {
  const out = await open(file, 'w');
  const endMs = Date.now() - 60_000;
  let text = '';
  for (let line = 0; line < lines; line += 1) {
    const atMs = endMs - DAYS_MS + Math.floor((DAYS_MS * line) / lines);
    // Each source has its turn for a while, so that some of its failures lie close together.
    const source = (Math.floor(line / 400) * 7 + (line % 20)) % SOURCES;
    text += `${new Date(atMs).toISOString()} web01 sshd[${line % 60_000}]: ${wordsOf(line, source)}\n`;
    if (text.length > 1_000_000) {
      await out.write(text);
      text = '';
    }
  }
  await out.write(text);
  await out.close();
}

function wordsOf(line: number, source: number): string {
  const from = `198.18.${source >> 8}.${source & 255} port ${1024 + (line % 60_000)}`;
  return line % 10 < FAILURES_IN_TEN
    ? `Failed password for root from ${from} ssh2`
    : `Accepted publickey for alice from ${from} ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyz`;
}

async function appendAttack(file: string, attackers: number): Promise<void> {
  const now = new Date().toISOString();
  let text = '';
  for (let attempt = 0; attempt < ATTEMPTS_EACH; attempt += 1)
    for (let source = 0; source < attackers; source += 1)
      text += `${now} web01 sshd[${source}]: Failed password for root from 198.${18 + (source >> 16)}.${(source >> 8) & 255}.${source & 255} port 40000 ssh2\n`;
  await appendFile(file, text);
}

async function readlineLoop(file: string): Promise<number> {
  const began = performance.now();
  let attempts = 0;
  for await (const line of createInterface({ input: createReadStream(file) }))
    if (/Failed password for .* from (\S+) port \d+/.test(line)) attempts += 1;
  if (attempts === 0) throw new Error('The log holds no attempt');
  return (performance.now() - began) / 1000;
}

async function startProgram(folder: string, log: string, port: number): Promise<ChildProcess> {
  const data = path.join(folder, 'data');
  await mkdir(data);
  const child = spawn(
    process.execPath,
    [path.resolve('services/soc/bin/soc.js'), 'up', '--data', data, '--logs', log],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        DETECTION_PORT: String(port),
        RESPONSE_PORT: String(port + 1),
        ENRICHER_PORT: String(port + 2),
        CONSOLE_PORT: String(port + 3),
        SELF_TEST_INTERVAL: '0',
        RESPONSE_BLOCKS_PER_MINUTE: '100000',
      },
    },
  );
  const began = performance.now();
  while (performance.now() - began < PATIENCE_MS) {
    if (child.exitCode !== null) throw new Error(`The program ended with ${child.exitCode}`);
    const isReady = await fetch(`http://127.0.0.1:${port}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return child;
    await pause(20);
  }
  throw new Error('The program does not answer');
}

function stopProgram(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve();
    else child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** Milliseconds until all lines are read, everything is answered, and nothing changes any more. */
async function untilAtRest(port: number, child: ChildProcess, lines: number): Promise<number> {
  const began = performance.now();
  let before = '';
  let changedMs = began;
  while (performance.now() - began < PATIENCE_MS) {
    await pause(LOOK_MS);
    if (child.exitCode !== null) throw new Error(`The program ended with ${child.exitCode}`);
    const read = await metric(port, 'soc_ingest_lines_total');
    const pending = await metric(port, 'soc_detection_dispatch_pending');
    const unwritten = await metric(port + 1, 'soc_response_audit_pending');
    const decisions = await metric(port + 1, 'soc_response_decisions_total');
    const candidates = await metric(port, 'soc_detection_candidates_total');
    const present = [read, pending, unwritten, decisions, candidates].join(' ');
    if (present !== before) changedMs = performance.now();
    before = present;
    const isDone = read >= lines && pending === 0 && unwritten === 0 && decisions > 0;
    if (isDone && performance.now() - changedMs > REST_MS) return changedMs - began;
  }
  throw new Error('The backlog is not answered');
}

/** Sum over the series of a metric; 0 where there is none. */
async function metric(port: number, name: string): Promise<number> {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

const TICKS_PER_SECOND = 100;

/** User and system time of the process, from Linux. */
async function cpuSecondsOf(child: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function peakOf(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
