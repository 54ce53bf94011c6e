/** The root of our errors. A subclass exists only where a caller acts on it. */
export interface AppErrorOptions {
  readonly cause?: unknown;
  /** True when the same call may succeed later. */
  readonly retryable?: boolean;
}

export class AppError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The store cannot answer; `retryable` says whether waiting helps. */
export class StoreError extends AppError {}

/** One or more settings are wrong; `faults` has a line for each. */
export class ConfigError extends AppError {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super('CONFIG_INVALID', `Cannot read the configuration:\n  ${faults.join('\n  ')}`);
    this.faults = faults;
  }
}

/** Something the user gave is wrong (a file, a port, an option): say it in one sentence, exit code 2. */
export class UsageError extends AppError {
  constructor(message: string, options: AppErrorOptions = {}) {
    super('USAGE', message, options);
  }
}

/** What went wrong in words, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True when what was thrown says that the same call may succeed later. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
