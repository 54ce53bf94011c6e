/**
 * The embedded mode: every service in one process, on one DuckDB file, with our tailer. Each service
 * listens on its own port of the loopback interface; among each other they speak the same HTTP without
 * the network, but for the call that a block waits for. Only that, the store and the log shipping differ
 * from Compose.
 */
import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { buildConsole } from '@mini-soc/console';
import {
  buildDetection,
  createSelfTestMetrics,
  createSelfTestRunner,
  describeSelfTest,
  detectionSettingsOf,
  enrichmentRequestOf,
  refuseShortRetention,
  type Detection,
} from '@mini-soc/detection';
import { buildEnricher, enricherSettingsOf } from '@mini-soc/enricher';
import { messageOf, UsageError, type LimitListener } from '@mini-soc/model';
import {
  buildResponse,
  readBootId,
  readOwnAddresses,
  responseSettingsOf,
} from '@mini-soc/response';
import {
  createInProcessFetch,
  createLogger,
  Registry,
  VERSION,
  type HttpApp,
  type Logger,
} from '@mini-soc/service-kit';
import { createFailurePacer, createIngest, createZoneOffset } from '@mini-soc/ingest';
import { createIngestMetrics } from '@mini-soc/shipper';
import { loadRules } from '@mini-soc/sigma';
import { LINGER_MS, openDuckDbStore } from '@mini-soc/store/duckdb';
import { createTailer } from '@mini-soc/tailer';
import { describeSensors } from './describe-sensors.ts';
import type { Embedded, EmbeddedOptions } from './embedded-options.ts';
import { keepWritten } from './keep-written.ts';
import { listenOnLoopback } from './listen-on-loopback.ts';
import { removeRunningInstance, writeRunningInstance } from '../running-instance.ts';
import { createSpaceReserve } from './space-reserve.ts';
import { storeMemoryMb } from './store-memory.ts';
import { createStoreMetrics } from './store-size.ts';
import { createProblemTeller } from './tell-problems.ts';

const RETENTION_INTERVAL_MS = 10 * 60_000;

/**
 * Starts all parts. Throws UsageError or ConfigError in one sentence, or what passes (`isPassing`): then it
 * may be tried again. Nothing is left running then.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { settings, now } = options;
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  const logger = (name: string): Logger =>
    createLogger({
      name,
      level: settings.LOG_LEVEL,
      ...(options.logDestination === undefined ? {} : { destination: options.logDestination }),
    });
  const dataDirectory = settings.DATA_DIR;
  const token = settings.API_TOKEN;
  const apps = new Map<string, HttpApp>();
  const inProcess = createInProcessFetch(apps);
  let detection: Detection | undefined;
  const log = logger('embedded');
  const { tell } = createProblemTeller({
    say: (sentence) => {
      options.onProblem(sentence);
      log.warn({ problem: sentence }, 'Something needs attention');
    },
  });
  const reportLimit: LimitListener = (name, times) => detection?.reportLimit(name, times);

  try {
    const zoneOffsetMinutes = createZoneOffset(settings.LOG_TIME_ZONE);
    const rules = await loadRules({
      directory: settings.RULES_DIR || options.rulesDirectory,
      overrides: settings.RULE_OVERRIDES,
    });
    refuseShortRetention(rules, settings.RETENTION_AGE);
    await makeDataDirectory(dataDirectory);
    const store = await openDuckDbStore({
      path: path.join(dataDirectory, 'soc.duckdb'),
      lingerMs: LINGER_MS,
      memoryLimitMb: storeMemoryMb(options.memoryBytes),
      product: VERSION,
      onProgress: (sentence) => {
        logger('store').info({ progress: sentence }, 'The database is brought to this version');
        options.onProgress?.(sentence);
      },
    });
    undo.push(() => store.close());
    const reserve = await createSpaceReserve(dataDirectory);
    undo.push(async () => reserve.stop());

    const enricher = await buildEnricher({
      settings: enricherSettingsOf(settings),
      store,
      vectorsDirectory: path.join(options.enricherDirectory, 'vectors'),
      webDirectory: path.join(options.enricherDirectory, 'dist/web'),
      logger: logger('enricher'),
      version: VERSION,
      now,
    });
    undo.push(() => enricher.stop());
    const response = await buildResponse({
      store,
      dataDirectory,
      settings: responseSettingsOf(settings),
      ownAddresses: readOwnAddresses,
      onLimit: reportLimit,
      onNoSpace: reserve.giveUp,
      now,
      monotonicMs: options.monotonicMs,
      boot: readBootId(),
      logger: logger('response'),
      version: VERSION,
    });
    undo.push(() => response.stop());
    await response.start();
    await enricher.start();
    const enricherUrl = await listenOnLoopback(
      enricher.app,
      settings.ENRICHER_PORT,
      'enricher',
      undo,
    );
    apps.set(enricherUrl, enricher.app);
    const responseUrl = await listenOnLoopback(
      response.app,
      settings.RESPONSE_PORT,
      'response',
      undo,
    );
    apps.set(responseUrl, response.app);

    const registry = new Registry();
    // A folder of its own: the store's files beside it would wake the tailer all the time.
    const selfTestFile = path.resolve(dataDirectory, 'self-test', 'auth.log');
    const runner = createSelfTestRunner({
      file: selfTestFile,
      reader: {
        name: 'the tailer',
        advice: 'look whether the data folder can be written and the disk has space',
      },
      rules,
      intervalMs: settings.SELF_TEST_INTERVAL,
      now,
      productAlerts: () => detection?.productAlerts,
      onOutcome: createSelfTestMetrics(registry),
    });
    const { selfTest } = runner;
    const built = await buildDetection({
      store,
      rules,
      settings: detectionSettingsOf(settings, RETENTION_INTERVAL_MS),
      // A block waits for it: without HTTP it takes half the time.
      responder: response,
      seesAllArrivals: true,
      enricher: {
        isAtHand: settings.RETRIEVAL === 'words',
        enrich: (alert) => enricher.enrich(enrichmentRequestOf(alert)),
      },
      onAlert: (alert) => {
        if (alert.self_test === true) selfTest.noteAlert(alert);
        else options.onAlert?.(alert);
      },
      onCycle: (report) =>
        selfTest.noteCycle(
          report.startedAt,
          report.rules.filter((rule) => rule.error !== undefined).map((rule) => rule.id),
        ),
      parts: () => ({
        'self-test':
          settings.SELF_TEST_INTERVAL === 0
            ? { state: 'turned off (SELF_TEST_INTERVAL=0)', isWell: true }
            : {
                state: describeSelfTest(selfTest.last(), now()),
                isWell: (selfTest.last()?.broken.length ?? 0) === 0,
              },
      }),
      registry,
      now,
      logger: logger('detection'),
      version: VERSION,
    });
    detection = built;
    undo.push(() => built.stop());
    const detectionUrl = await listenOnLoopback(
      built.app,
      settings.DETECTION_PORT,
      'detection',
      undo,
    );
    apps.set(detectionUrl, built.app);

    const ingest = createIngest({
      store,
      zoneOffsetMinutes,
      observeArrivals: built.observeArrivals,
      onLimit: (name, times) => metrics.onLimit(name, times),
      selfTest: {
        owns: (file) => file === selfTestFile,
        noteLine: selfTest.noteLine,
        note: selfTest.note,
      },
    });
    const paced = createFailurePacer({
      onFatal: options.onFatal,
      onRecovery: (failedMs) => {
        const sentence = `Storing works again after ${Math.ceil(failedMs / 1000)} s: reading goes on where it waited`;
        options.onProblem(sentence);
        log.info(sentence);
      },
    });
    const tailer = createTailer({
      patterns: settings.SELF_TEST_INTERVAL === 0 ? options.logs : [...options.logs, selfTestFile],
      registryPath: path.join(dataDirectory, 'tailer-registry.json'),
      positions: store.positions,
      onBatch: (batch) => paced(ingest.ingest(batch)),
      onProblem: tell,
      onLimit: (name, times) => metrics.onLimit(name, times),
      now,
    });
    createStoreMetrics(registry, store);
    const metrics = createIngestMetrics(
      registry,
      { counts: ingest.counts, stats: tailer.stats },
      ['tailer', 'parsers', 'store', 'embedded'],
      reportLimit,
    );

    const console = await buildConsole({
      urls: { detection: detectionUrl, response: responseUrl, enricher: enricherUrl },
      token,
      store,
      parts: () => describeSensors(options.logs, ingest.counts()),
      webDirectory: options.webDirectory,
      fetch: inProcess,
      now,
      logger: logger('console'),
      version: VERSION,
    });
    undo.push(() => console.stop());
    await console.start();
    const consoleUrl = await listenOnLoopback(console.app, settings.CONSOLE_PORT, 'console', undo);

    const urls = {
      detection: detectionUrl,
      response: responseUrl,
      enricher: enricherUrl,
      console: consoleUrl,
    };
    undo.push(() => removeRunningInstance(dataDirectory).catch(() => undefined));
    undo.push(
      await keepWritten({
        what: `write "${path.join(dataDirectory, 'run.json')}"`,
        write: () => writeRunningInstance(dataDirectory, { pid: options.pid, urls }),
        tell,
      }),
    );
    await built.start();
    undo.push(() => tailer.stop());
    await runner.start();
    await tailer.start();
    undo.push(async () => runner.stop());

    return {
      store,
      urls,
      rules: rules.length,
      enforcedBy: response.enforcedBy,
      counts: ingest.counts,
      notUnderstood: ingest.notUnderstood,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeDataDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o750 });
  } catch (cause) {
    throw new UsageError(`Cannot create the data folder "${directory}": ${messageOf(cause)}`, {
      cause,
    });
  }
}
