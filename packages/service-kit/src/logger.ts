import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly name: string;
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'silent';
  /** Where lines go: a file descriptor or path; standard error (2) when absent. */
  readonly destination?: number | string;
}

/** Lines that wait for a disk that is full; what comes beyond is dropped. */
const WAITING_BYTES = 1_048_576;

/** A JSON logger. Secrets are redacted by path; attacker text goes in fields cut by `clip`. */
export function createLogger(options: LoggerOptions): Logger {
  const destination = pino.destination({
    dest: options.destination ?? 2,
    sync: false,
    mkdir: true,
    maxLength: WAITING_BYTES,
  });
  // A full disk ends nothing: what waits is written with a later line.
  destination.on('error', () => undefined);
  return pino(
    {
      name: options.name,
      level: options.level,
      redact: ['req.headers.authorization', 'token', '*.token', 'password', '*.password'],
      base: { service: options.name },
    },
    destination,
  );
}

/** Attacker-controlled text for a log field: at most 256 characters, no character cut in half. */
export function clip(text: string): string {
  if (text.length <= 256) return text;
  const isHalf = /[\uD800-\uDBFF]/.test(text.charAt(254));
  return `${text.slice(0, isHalf ? 254 : 255)}…`;
}
