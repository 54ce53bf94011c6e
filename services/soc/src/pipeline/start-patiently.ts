/**
 * A start that fails for something that passes (a full disk, a missing permission, too few descriptors)
 * is tried again; meanwhile /health and /ready answer where detection will listen. Only what can never
 * work ends it.
 */
import { AppError, backoffMs, describePassing, isPassing, messageOf } from '@mini-soc/model';
import { createHttpApp, pause, VERSION, type HttpApp, type Logger } from '@mini-soc/service-kit';
import { listenOnLoopback } from './listen-on-loopback.ts';

export interface PatientStartOptions {
  readonly signal: AbortSignal;
  /** Told of each failure that is tried again. */
  readonly onWaiting: (sentence: string) => void;
  /** Where /ready says what is waited for; 0 when nowhere. */
  readonly port: number;
  readonly logger: Logger;
  /** First pause, milliseconds; doubles up to `longestMs`. */
  readonly firstMs?: number;
  readonly longestMs?: number;
}

/** Undefined when the signal came first. Throws what can never work. */
export async function startPatiently<Started>(
  start: () => Promise<Started>,
  options: PatientStartOptions,
): Promise<Started | undefined> {
  const { signal, firstMs = 1000, longestMs = 10_000 } = options;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (!isPassing(error)) throw error;
      const sentence = describeWaiting(error);
      options.onWaiting(sentence);
      const close = await answerMeanwhile(sentence, options);
      const pauseMs = backoffMs(attempt, { firstMs, longestMs });
      await pause(pauseMs, signal);
      await close();
    }
  }
  return undefined;
}

function describeWaiting(error: unknown): string {
  const meaning = describePassing(error);
  if (error instanceof AppError || meaning === undefined)
    return `Cannot start yet: ${messageOf(error)}`;
  const file = error instanceof Error && 'path' in error ? String(error.path) : 'the data folder';
  return `Cannot start yet: "${file}": ${meaning}`;
}

/** Returns how to end it. What hinders the start may hinder this too: then nobody answers meanwhile. */
async function answerMeanwhile(
  sentence: string,
  { port, logger }: PatientStartOptions,
): Promise<() => Promise<unknown>> {
  if (port === 0) return async () => undefined;
  let app: HttpApp | undefined;
  const close = async (): Promise<void> => {
    await app?.close().catch(() => undefined);
  };
  try {
    app = await createHttpApp({
      name: 'detection',
      version: VERSION,
      logger,
      token: '',
      ready: async () => ({ ready: false, parts: { start: sentence } }),
    });
    await listenOnLoopback(app, port, 'detection', () => undefined);
  } catch (err) {
    logger.debug({ err }, 'Nothing answers while the start waits');
    await close();
  }
  return close;
}
