/** What every part of the pipeline is given, made before the first of them starts. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { CycleReport } from '@mini-soc/detect';
import {
  createSelfMonitoring,
  refuseShortRetention,
  type Detection,
  type HostPart,
  type HostSelfTest,
  type SelfMonitoring,
} from '@mini-soc/detection';
import type { EnricherService } from '@mini-soc/enricher';
import { createZoneOffset, type Ingest } from '@mini-soc/ingest';
import { messageOf, UsageError, type Alert } from '@mini-soc/model';
import type { ResponseService } from '@mini-soc/response';
import {
  createChannel,
  createInProcessFetch,
  createLogger,
  VERSION,
  type Channel,
  type Fetch,
  type HttpApp,
  type Logger,
} from '@mini-soc/service-kit';
import {
  loadRuleSet,
  type Lists,
  type Rule,
  type RuleException,
  type RuleFault,
} from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { LINGER_MS } from '@mini-soc/store/duckdb';
import { openStore } from '@mini-soc/store/open';
import type { EmbeddedOptions } from './embedded-options.ts';
import { listenOnLoopback } from './listen-on-loopback.ts';
import type { SpaceReserve } from './space-reserve.ts';
import { storeMemoryMb } from './store-memory.ts';
import { createStoreMetrics } from './store-size.ts';
import { createProblemTeller } from './tell-problems.ts';

/** Keeps a step that is taken when the pipeline stops, the last first. */
export type Undo = (step: () => unknown) => void;

/** What parts give to those that start after them. */
export interface Gifts {
  readonly reserve: SpaceReserve;
  readonly response: ResponseService;
  readonly enricher: EnricherService;
  readonly selfTest: HostSelfTest;
  readonly detection: Detection;
  readonly ingest: Ingest;
}

export interface Host {
  readonly options: EmbeddedOptions;
  readonly store: Store;
  readonly rules: readonly Rule[];
  /** Rule files that are not in force. */
  readonly ruleFaults: readonly RuleFault[];
  readonly ruleExceptions: readonly RuleException[];
  readonly lists: Lists;
  readonly zoneOffsetMinutes: (localMs: number) => number;
  readonly monitoring: SelfMonitoring;
  /** Alerts as they are stored, new or changed, those of the self-test too. */
  readonly alerts: Channel<Alert>;
  /** Cycles of detection that ran to their end. */
  readonly cycles: Channel<CycleReport>;
  readonly logger: (name: string) => Logger;
  /** Tells a person, and the log, what needs attention; the same kind once a minute. */
  readonly tell: (sentence: string) => void;
  /** Listens on the loopback interface. Throws UsageError for a port that is taken. */
  readonly listen: (app: HttpApp, name: string, port: number, undo: Undo) => Promise<void>;
  /** Where that part listens. */
  readonly urlOf: (name: string) => string;
  /** Reaches the apps of this process without the network. */
  readonly fetch: Fetch;
  /** Lines of the parts that have started, for detection's /ready. */
  readonly readiness: () => Readonly<Record<string, HostPart>>;
  readonly give: <Name extends keyof Gifts>(name: Name, gift: Gifts[Name]) => void;
  /** Throws when no part before has given it: the list of parts is in the wrong order. */
  readonly take: <Name extends keyof Gifts>(name: Name) => Gifts[Name];
}

/** Throws UsageError or ConfigError in one sentence, or what passes (`isPassing`). */
export async function openHost(
  options: EmbeddedOptions,
  readiness: Host['readiness'],
  undo: Undo,
): Promise<Host> {
  const { settings, now } = options;
  const logger = (name: string): Logger =>
    createLogger({
      name,
      level: settings.LOG_LEVEL,
      ...(options.logDestination === undefined ? {} : { destination: options.logDestination }),
    });
  const log = logger('embedded');
  const { tell } = createProblemTeller({
    say: (sentence) => {
      options.onProblem(sentence);
      log.warn({ problem: sentence }, 'Something needs attention');
    },
  });
  const zoneOffsetMinutes = createZoneOffset(settings.LOG_TIME_ZONE);
  const {
    rules,
    faults: ruleFaults,
    exceptions: ruleExceptions,
    lists,
  } = await loadRuleSet({
    directory: options.rulesDirectory,
    ownDirectory: settings.RULES_DIR,
    overrides: settings.RULE_OVERRIDES,
  });
  for (const { file, reason } of ruleFaults) tell(`Rule file ${file} is not in force: ${reason}`);
  refuseShortRetention(rules, settings.RETENTION_AGE);
  await makeDataDirectory(settings.DATA_DIR);
  const store = await openStore({
    engine: 'duckdb',
    path: path.join(settings.DATA_DIR, 'soc.duckdb'),
    lingerMs: LINGER_MS,
    memoryLimitMb: storeMemoryMb(options.memoryBytes),
    product: VERSION,
    onProgress: (sentence) => {
      logger('store').info({ progress: sentence }, 'The database is brought to this version');
      options.onProgress?.(sentence);
    },
  });
  undo(() => store.close());
  const monitoring = createSelfMonitoring({ store, now, logger: logger('detection') });
  createStoreMetrics(monitoring.registry, store);

  const apps = new Map<string, HttpApp>();
  const urls = new Map<string, string>();
  const gifts = new Map<keyof Gifts, Gifts[keyof Gifts]>();
  return {
    options,
    store,
    rules,
    ruleFaults,
    ruleExceptions,
    lists,
    zoneOffsetMinutes,
    monitoring,
    alerts: createChannel(),
    cycles: createChannel(),
    logger,
    tell,
    async listen(app, name, port, undoListening) {
      const url = await listenOnLoopback(app, port, name, undoListening);
      apps.set(url, app);
      urls.set(name, url);
    },
    urlOf: (name) => present(urls.get(name), name),
    fetch: createInProcessFetch(apps),
    readiness,
    give: (name, gift) => {
      gifts.set(name, gift);
    },
    // Under each name stands what give() was given for it.
    take: (name) => present(gifts.get(name), name) as Gifts[typeof name],
  };
}

function present<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`"${name}" is asked for before it has started`);
  return value;
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
