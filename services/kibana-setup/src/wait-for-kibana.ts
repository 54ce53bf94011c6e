/** Waits until Kibana says that it is ready, with progress in the log. */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration, UsageError } from '@mini-soc/model';
import { clip, type Logger } from '@mini-soc/service-kit';
import { z } from 'zod';
import { reasonOf, type KibanaClient } from './kibana-client.ts';

/** Without credentials Kibana tells the level alone. */
const statusSchema = z.object({
  version: z.object({ number: z.string() }).optional(),
  status: z.object({ overall: z.object({ level: z.string(), summary: z.string().optional() }) }),
});

export interface WaitOptions {
  readonly client: KibanaClient;
  readonly logger: Logger;
  /** Longest wait in all, milliseconds. */
  readonly waitMs: number;
  /** Between two polls, milliseconds. */
  readonly everyMs: number;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
}

/** How often the log says what is waited for. */
const PROGRESS_MS = 10_000;

/** Returns Kibana's version where it tells it. Throws UsageError when the time is over. */
export async function waitForKibana(options: WaitOptions): Promise<string | undefined> {
  const { client, logger, now, signal } = options;
  const startedMs = now().getTime();
  let toldMs = -Infinity;
  for (;;) {
    const { state, version } = await poll(client, signal);
    if (state === undefined) {
      logger.info({ version, afterMs: now().getTime() - startedMs }, 'Kibana is ready');
      return version;
    }
    const waitedMs = now().getTime() - startedMs;
    if (waitedMs >= options.waitMs)
      throw new UsageError(
        `Cannot set up Kibana: "${client.url}" was not ready within ${formatDuration(options.waitMs)}: ${state} (look at Kibana's log, correct KIBANA_URL or KIBANA_CA_FILE, or raise KIBANA_WAIT)`,
        { retryable: true },
      );
    if (now().getTime() - toldMs >= PROGRESS_MS) {
      toldMs = now().getTime();
      logger.info({ state, waitedMs, atMostMs: options.waitMs }, 'Waiting for Kibana');
    }
    await sleep(options.everyMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** `state` says why Kibana is not ready; absent when it is. */
async function poll(
  client: KibanaClient,
  signal: AbortSignal | undefined,
): Promise<{ readonly state?: string; readonly version?: string | undefined }> {
  try {
    const { status, body, message } = await client.probe('/api/status');
    const parsed = statusSchema.safeParse(body);
    if (!parsed.success) return { state: `it answered ${status}: "${clip(message)}"` };
    const { level, summary } = parsed.data.status.overall;
    const version = parsed.data.version?.number;
    return level === 'available'
      ? { version }
      : { state: `it is ${clip(level)}${summary === undefined ? '' : ` ("${clip(summary)}")`}` };
  } catch (error) {
    signal?.throwIfAborted();
    return { state: reasonOf(error) };
  }
}
