/** `soc up`: the whole pipeline in this process until Ctrl-C. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runGenerator } from '@mini-soc/log-generator';
import { UsageError, type Alert, type Settings } from '@mini-soc/model';
import { FORMATS, type Format, usualLogs } from '@mini-soc/parsers';
import { createLogger, pause } from '@mini-soc/service-kit';
import { knowTexts } from '@mini-soc/sigma';
import { createZoneOffset, parseLogSource, type LogSource } from '@mini-soc/ingest';
import { startEmbedded } from '../pipeline/app.ts';
import type { Embedded, EmbeddedOptions } from '../pipeline/embedded-options.ts';
import { exists } from '../exists.ts';
import { createNarrator } from '../pipeline/narrate.ts';
import { readConfig } from '../read-config.ts';
import type { CommandContext } from '../command.ts';
import { startPatiently } from '../pipeline/start-patiently.ts';
import { createProblemTeller } from '../pipeline/tell-problems.ts';
import { readArguments } from './read-arguments.ts';

const LOOK_INTERVAL_MS = 1000;
/** After this many lines of a file of which none was understood, it is said once. */
const NOT_UNDERSTOOD_LINES = 20;

// A flood's lines live just long enough to be kept for the next full collection, and by default the heap
// may grow to several times what is live before that comes: memory would follow the rate of the logs.
setFlagsFromString('--heap-growing-percent=30');

/** Beside the program, by its build: what the product's rules mean. */
const KNOWN_TEXTS = new URL('rules.json', import.meta.url);

export async function runUp(context: CommandContext): Promise<number> {
  const { values, positionals } = readArguments(
    context.argv,
    {
      demo: { type: 'boolean', default: false },
      logs: { type: 'string', multiple: true, default: [] },
      data: { type: 'string' },
      config: { type: 'string' },
    },
    true,
  );
  const settings = await readConfig({
    file: values.config,
    variables: context.variables,
    flags: values.data === undefined ? {} : { DATA_DIR: values.data },
  });
  const demoDirectory = path.join(settings.DATA_DIR, 'demo-logs');
  const logs = await chooseLogs(
    settings,
    [...values.logs, ...positionals],
    values.demo ? demoDirectory : undefined,
  );

  const started = context.now().getTime();
  await knowRules();
  let fatal: Error | undefined;
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const narrator = createNarrator({
    write: context.write,
    now: context.now,
    colours: context.isTerminal,
    blockDurationMs: settings.BLOCK_DURATION,
    simulated: settings.RESPONSE_MODE === 'simulate',
  });
  /** Alerts that come before the opening words are told after them. */
  let early: Alert[] | undefined = [];
  narrator.say(values.demo ? 'mini-SOC demo: starting the pipeline …' : 'mini-SOC: starting …');

  const options: EmbeddedOptions = {
    settings:
      values.demo && context.variables['LOG_LEVEL'] === undefined
        ? { ...settings, LOG_LEVEL: 'warn' }
        : settings,
    logs,
    rulesDirectory: context.rulesDirectory,
    webDirectory: context.webDirectory,
    enricherDirectory: context.enricherDirectory,
    now: context.now,
    monotonicMs: context.monotonicMs,
    pid: context.pid,
    uid: context.uid,
    gid: context.gid,
    ...(context.memoryBytes === undefined ? {} : { memoryBytes: context.memoryBytes }),
    ...(values.demo ? { logDestination: path.join(settings.DATA_DIR, 'soc.log') } : {}),
    onAlert: (alert) => {
      if (early === undefined) narrator.alert(alert);
      else early.push(alert);
    },
    onProgress: (sentence) => narrator.say(`  store    ${sentence}`),
    onProblem: (sentence) => context.writeError(`${sentence}\n`),
    onFatal: (error) => {
      fatal = error;
      ended.abort();
    },
  };
  const { tell } = createProblemTeller({ say: options.onProblem });
  const running = await startPatiently(() => startEmbedded(options), {
    signal,
    onWaiting: tell,
    port: settings.DETECTION_PORT,
    logger: createLogger({ name: 'embedded', level: 'warn' }),
  });
  if (running === undefined) return 0;
  narrator.say(`  store    ready in ${settings.DATA_DIR}`);
  narrator.say(`  rules    ${running.rules} loaded`);
  narrator.say(`  logs     ${logs.map(({ pattern }) => pattern).join(', ')}`);
  narrator.say(
    `  blocking ${settings.RESPONSE_MODE === 'simulate' ? 'simulated: decisions are made and shown, no firewall is touched' : `enforced by ${running.enforcedBy}`}`,
  );
  narrator.say(`  console  ${running.urls.console}`);
  narrator.say(
    `Ready after ${((context.now().getTime() - started) / 1000).toFixed(1)} s. Ctrl-C stops it.`,
  );
  narrator.say('');
  for (const alert of early) narrator.alert(alert);
  early = undefined;

  const generating = values.demo
    ? runGenerator({
        settings: { ...settings, GENERATOR_FORMAT: 'text' },
        directory: demoDirectory,
        now: context.now,
        signal,
        demo: true,
        zoneOffsetMinutes: createZoneOffset(settings.LOG_TIME_ZONE)(context.now().getTime()),
        onAttack: (attack) => narrator.attack(attack.sentence),
      })
    : Promise.resolve();
  generating.catch((error: unknown) => {
    fatal = error instanceof Error ? error : new Error(String(error));
    ended.abort();
  });
  await warnUntil(signal, running, (sentence) => context.writeError(`${sentence}\n`));

  narrator.say('Stopping …');
  await generating.catch(() => undefined);
  await running.stop().catch((error: unknown) => {
    fatal ??= error instanceof Error ? error : new Error(String(error));
  });
  const counts = running.counts();
  narrator.say(
    `Stopped: ${counts.lines} lines read, ${counts.events} events stored. The next start goes on from here.`,
  );
  if (fatal !== undefined) throw fatal;
  return 0;
}

/** Which files to watch. Throws UsageError when one that was named is no file, or none is known. */
async function chooseLogs(
  settings: Settings,
  named: readonly string[],
  demoDirectory: string | undefined,
): Promise<readonly LogSource[]> {
  const wanted = [
    ...named,
    ...settings.LOGS.split(',')
      .map((log) => log.trim())
      .filter((log) => log !== ''),
  ].map(parseLogSource);
  for (const { pattern } of wanted) await refuseWrongKind(pattern);
  if (demoDirectory !== undefined)
    return [
      ...wanted,
      ...['*.log', '*/*.log'].map((names) => ({
        pattern: path.join(demoDirectory, names),
        isOurs: true,
      })),
    ];
  if (wanted.length > 0) return wanted;
  const usual: LogSource[] = [];
  for (const log of usualLogs()) {
    if (await exists(log)) {
      await refuseWrongKind(log);
      usual.push({ pattern: log, format: formatOfUsualLog(log) });
    }
  }
  if (usual.length === 0) {
    throw new UsageError(
      'No logs to watch: name some with --logs /path/to/auth.log, or try --demo',
    );
  }
  return usual;
}

/** Web servers write their logs themselves; the others are syslog's. */
function formatOfUsualLog(log: string): NonNullable<LogSource['format']> {
  const formats: readonly Format[] = FORMATS;
  const names = formats.filter(({ paths }) => paths.includes(log)).map(({ name }) => name);
  return names.includes('access') ? 'access' : names.includes('web-error') ? 'web-error' : 'syslog';
}

/** One that cannot be read is told by the tailer, which tries again. */
async function refuseWrongKind(file: string): Promise<void> {
  const facts = await stat(file).catch(() => undefined);
  if (facts === undefined) return; // a glob, or a file that appears later
  if (facts.isDirectory())
    throw new UsageError(
      `Cannot watch "${file}": it is a folder (name the files in it, such as "${path.join(file, '*.log')}")`,
    );
  if (!facts.isFile()) throw new UsageError(`Cannot watch "${file}": it is not a regular file`);
}

/** Looks for files that are not understood until the signal comes. */
async function warnUntil(
  signal: AbortSignal,
  running: Embedded,
  warn: (sentence: string) => void,
): Promise<void> {
  const warned = new Set<string>();
  while (!signal.aborted) {
    for (const [file, { format, otherFormat, saidBy }] of running.files()) {
      const key = `format ${file}`;
      if (otherFormat === 0 || warned.has(key)) continue;
      warned.add(key);
      warn(
        `Lines of "${file}" were not read: it is a log of the format ${format} (${saidBy === 'settings' ? 'so it is set' : saidBy === 'name' ? 'by its name' : 'by its first lines'}), and they are of another one. If they belong there, name the format in front of the path`,
      );
    }
    for (const [file, lines] of running.notUnderstood()) {
      if (lines >= NOT_UNDERSTOOD_LINES && !warned.has(file)) {
        warned.add(file);
        warn(
          `No line of "${file}" was understood so far (${lines} read): is it a log of sshd, sudo, a firewall or a web server?`,
        );
      }
    }
    await pause(LOOK_INTERVAL_MS, signal);
  }
}

/** Without it, as where the program runs from its sources, a start takes longer and is the same. */
async function knowRules(): Promise<void> {
  try {
    knowTexts(JSON.parse(await readFile(KNOWN_TEXTS, 'utf8')));
  } catch {
    // The rules are parsed.
  }
}
