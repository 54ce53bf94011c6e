/** The shipper: log files → lines → events → store, where no Filebeat does it. */
import path from 'node:path';
import { isSelfTestFile, LIMITS, messageOf, SELF_TEST_FILES, type IpRange } from '@mini-soc/model';
import {
  createHttpApp,
  createLimitCounter,
  Registry,
  type HttpApp,
  type HttpFace,
  type Logger,
} from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { createTailer } from '@mini-soc/tailer';
import { createIngest, type IngestCounts, keepTrying, type LogSource } from '@mini-soc/ingest';
import { createIngestMetrics } from './ingest-metrics.ts';
export { createIngestMetrics } from './ingest-metrics.ts';

export interface ShipperOptions {
  readonly store: Store;
  readonly logs: readonly LogSource[];
  /** Folder of the log files of the self-test; none when empty or absent. */
  readonly selfTestDirectory?: string;
  /** Where the positions of the files are kept. */
  readonly dataDirectory: string;
  readonly zoneOffsetMinutes: (localMs: number) => number;
  readonly trustedProxies?: readonly IpRange[];
  readonly token: string;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly version: string;
  /** Names and certificate of our own app. */
  readonly http?: HttpFace;
  /** The store is broken: stop and say this. */
  readonly onFatal: (error: Error) => void;
  /** Time between polls when nothing wakes the tailer, milliseconds. */
  readonly pollMs?: number;
}

export interface Shipper {
  readonly app: HttpApp;
  readonly counts: () => Readonly<IngestCounts>;
  readonly start: () => Promise<void>;
  /** What was read is stored. Idempotent. */
  readonly stop: () => Promise<void>;
}

/** For a store over the network: large requests, one under way while the next one is made. */
export const LARGE_BATCHES = { batchLines: LIMITS.lines_under_way.value / 2, batchesUnderWay: 2 };

/** A store that is away is asked again this often; lines wait in their files. */
const LONGEST_PAUSE_MS = 5000;

export async function buildShipper(options: ShipperOptions): Promise<Shipper> {
  const { store, logger } = options;
  const registry = new Registry();
  const onLimit = createLimitCounter(registry, ['tailer', 'parsers', 'store']);
  let failure: string | undefined;
  const selfTestFolder =
    (options.selfTestDirectory ?? '') === ''
      ? undefined
      : path.resolve(options.selfTestDirectory ?? '');
  const ingest = createIngest({
    store,
    zoneOffsetMinutes: options.zoneOffsetMinutes,
    persist: async (work) => {
      const report = await keepTrying(work, {
        longestPauseMs: LONGEST_PAUSE_MS,
        onFatal: options.onFatal,
        onFailure: (error) => {
          failure = messageOf(error);
          logger.warn({ err: error }, 'Events could not be stored: tried again');
        },
      });
      failure = undefined;
      return report;
    },
    onLimit,
    sources: options.logs,
    ...(options.trustedProxies === undefined ? {} : { trustedProxies: options.trustedProxies }),
    ...(selfTestFolder === undefined
      ? {}
      : {
          selfTest: {
            owns: (file) =>
              path.dirname(file) === selfTestFolder && isSelfTestFile(path.basename(file)),
            keepsUnread: true,
          },
        }),
  });
  const tailer = createTailer({
    patterns: [
      ...options.logs.map(({ pattern }) => pattern),
      ...(selfTestFolder === undefined ? [] : [path.join(selfTestFolder, SELF_TEST_FILES)]),
    ],
    registryPath: path.join(options.dataDirectory, 'tailer-registry.json'),
    positions: store.positions,
    onBatch: ingest.ingest,
    ...LARGE_BATCHES,
    onProblem: (sentence) => logger.warn({ problem: sentence }, 'A log file needs attention'),
    onLimit,
    now: options.now,
    ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
  });
  createIngestMetrics(registry, { counts: ingest.counts, stats: tailer.stats });
  const app = await createHttpApp({
    ...options.http,
    name: 'shipper',
    version: options.version,
    logger,
    token: options.token,
    registry,
    ready: async () => ({
      ready: failure === undefined,
      parts: {
        store: failure ?? 'ok',
        files: `${tailer.stats().files} followed, ${ingest.counts().lines} lines read`,
      },
    }),
    health: () => ({ events: ingest.counts().events }),
  });
  return {
    app,
    counts: ingest.counts,
    start: () => tailer.start(),
    async stop() {
      await tailer.stop();
      await app.close();
    },
  };
}
