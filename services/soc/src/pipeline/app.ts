/**
 * The embedded mode: every service in one process, on one DuckDB file, with our tailer. Each service
 * listens on its own port of the loopback interface; among each other they speak the same HTTP without
 * the network, but for the call that a block waits for. Only that, the store and the log shipping differ
 * from Compose.
 */
import type { HostPart } from '@mini-soc/detection';
import type { Settings } from '@mini-soc/model';
import { refuseOpenDoors } from '@mini-soc/service-kit';
import type { Embedded, EmbeddedOptions } from './embedded-options.ts';
import { openHost } from './host.ts';
import { openOwnFolder } from './own-folder.ts';
import { withOwnToken } from './own-token.ts';
import { urlsOf } from './parts/instance-note.ts';
import type { Started } from './part.ts';
import { PARTS } from './parts.ts';

/**
 * The settings as the pipeline runs with them, on a data folder that is its own: with a token where it enforces.
 * Throws UsageError or ConfigError in one sentence.
 */
export async function prepareEmbedded(options: EmbeddedOptions): Promise<Settings> {
  const { settings, uid, gid } = options;
  if (uid !== undefined && gid !== undefined) await openOwnFolder(settings.DATA_DIR, { uid, gid });
  const owned = await withOwnToken(settings);
  refuseOpenDoors(owned, { listens: true, staysLocal: true, enforces: true });
  return owned;
}

/**
 * Starts all parts. Throws UsageError or ConfigError in one sentence, or what passes (`isPassing`): then it
 * may be tried again. Nothing is left running then.
 */
export async function startEmbedded(given: EmbeddedOptions): Promise<Embedded> {
  const options = { ...given, settings: await prepareEmbedded(given) };
  const steps: (() => unknown)[] = [];
  const undo = (step: () => unknown): void => {
    steps.push(step);
  };
  const stop = async (): Promise<void> => {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
  };
  const ready = new Map<string, () => HostPart>();
  try {
    const host = await openHost(
      options,
      () => Object.fromEntries([...ready].map(([name, read]) => [name, read()])),
      undo,
    );
    const started: Started[] = [];
    for (const part of PARTS) {
      const running = await part.start(host, undo);
      if (running.ready !== undefined) ready.set(part.name, running.ready);
      started.push(running);
    }
    for (const { begin } of started) await begin?.();
    const { counts, notUnderstood, files } = host.take('ingest');
    return {
      store: host.store,
      urls: urlsOf(host),
      rules: host.rules.length,
      enforcedBy: host.take('response').enforcedBy,
      counts,
      notUnderstood,
      files,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
