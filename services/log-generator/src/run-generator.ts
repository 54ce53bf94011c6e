/** Writes the simulation to files in real time, as JSON or as the logs of a real host. */
import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '@mini-soc/model';
import { pause, rotateFile } from '@mini-soc/service-kit';
import { createGenerator } from './generator.ts';
import { toJsonLine, type GeneratedEvent } from './generated-event.ts';
import type { Attack } from './scenarios.ts';

export interface RunGeneratorOptions {
  readonly settings: Pick<
    Settings,
    'GENERATOR_SEED' | 'GENERATOR_RATE' | 'GENERATOR_MIX' | 'GENERATOR_HOSTS' | 'GENERATOR_FORMAT'
  >;
  readonly directory: string;
  readonly now: () => Date;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** Every kind of attack within the first 40 s. */
  readonly demo?: boolean;
  /** Offset of syslog times, minutes east of UTC; that of the reader. */
  readonly zoneOffsetMinutes?: number;
  readonly onAttack?: (attack: Pick<Attack, 'scenario' | 'attackerIp' | 'sentence'>) => void;
}

/** A file is renamed to FILE.1 beyond this size. */
const MAX_FILE_BYTES = 20 * 1_048_576;
const TICK_MS = 100;
/** Most events written in one tick: after a suspend it catches up step by step. */
const MAX_PER_TICK = 20_000;
/** File of JSON events, the input of Filebeat. */
export const JSON_FILE = 'events.json';
/** Ground truth beside the logs, for scoring; never tailed. */
export const TRUTH_FILE = 'truth.ndjson';

/** Resolves when the signal is aborted. Rejects when a file cannot be written. */
export async function runGenerator(options: RunGeneratorOptions): Promise<void> {
  const { settings, signal } = options;
  await mkdir(path.join(options.directory, 'nginx'), { recursive: true });
  const start = options.now();
  const generator = await createGenerator({
    // A restart tells another story, on the same seed always the same next one.
    seed: settings.GENERATOR_SEED,
    rate: settings.GENERATOR_RATE,
    mix: settings.GENERATOR_MIX,
    hosts: settings.GENERATOR_HOSTS,
    start,
    showAllFirst: options.demo === true,
    ...(options.zoneOffsetMinutes === undefined
      ? {}
      : { zoneOffsetMinutes: options.zoneOffsetMinutes }),
  });
  let upcoming = generator.next();
  while (!signal.aborted) {
    const nowMs = options.now().getTime();
    const pending = new Map<string, string>();
    for (let count = 0; upcoming.atMs <= nowMs && count < MAX_PER_TICK; count += 1) {
      for (const attack of generator.takeStarted()) options.onAttack?.(attack);
      write(pending, upcoming, settings.GENERATOR_FORMAT);
      upcoming = generator.next();
    }
    for (const [name, text] of pending)
      await appendRotating(path.join(options.directory, name), text);
    await pause(TICK_MS, signal);
  }
}

function write(pending: Map<string, string>, event: GeneratedEvent, format: 'json' | 'text'): void {
  const add = (name: string, line: string) =>
    pending.set(name, `${pending.get(name) ?? ''}${line}\n`);
  if (format === 'json') add(JSON_FILE, toJsonLine(event));
  else {
    add(event.file, event.line);
    if (event.attackId !== undefined) {
      add(
        TRUTH_FILE,
        JSON.stringify({
          at: new Date(event.atMs).toISOString(),
          scenario: event.scenario,
          attack_id: event.attackId,
          source_ip: event.fields['source_ip'] ?? null,
          line: event.line,
        }),
      );
    }
  }
}

async function appendRotating(file: string, text: string): Promise<void> {
  await rotateFile(file, { maxBytes: MAX_FILE_BYTES, keep: 1 });
  await appendFile(file, text);
}
