/** A log file of before, read as the product reads an old log. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ReplayedLine } from './replay.ts';

export interface LogFile {
  /** What the figures call it. */
  readonly name: string;
  /** In the folder of logs: the repository's name, then the path in it. */
  readonly path: string;
  /** Of classic syslog lines, which carry none. */
  readonly year: number;
}

/** Where the files lie that are here; undefined for one that is not. */
export function findLog(folder: string, log: LogFile): string | undefined {
  const file = path.join(folder, log.path);
  return existsSync(file) ? file : undefined;
}

/** Lines without the empty ones, as if they were read at the end of their year. */
export function readLog(file: string, year: number): readonly ReplayedLine[] {
  const arrivalMs = Date.UTC(year + 1, 0, 1) - 1000;
  return readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => ({ arrivalMs, file, line }));
}

/** What to say of logs that are not here. */
export function missingLogs(folder: string, logs: readonly LogFile[]): string {
  return `none of ${logs.map((log) => log.path).join(', ')} is in ${folder}`;
}
