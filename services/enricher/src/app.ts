/** The enricher: techniques and tactics of MITRE ATT&CK for an alert. */
import { ATTACK_VERSION, TECHNIQUES } from '@mini-soc/attack';
import type { Enrichment, Settings } from '@mini-soc/model';
import {
  createHttpApp,
  createLimitCounter,
  Registry,
  type HttpApp,
  type HttpFace,
  type Logger,
} from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { enrichAlert, type EnrichmentRequest } from './enrich-alert.ts';
import { createRetrieval } from './retrieval.ts';
import { enrichRoutes } from './routes/enrich.ts';
import { OPEN_VIZ_ROUTES, vizRoutes } from './routes/viz.ts';

export interface EnricherSettings {
  /** API_TOKEN */
  readonly token: string;
  /** RETRIEVAL */
  readonly retrieval?: 'words' | 'vectors';
  /** MODEL_DIR; empty means the one beside the libraries, else the one in the data folder. */
  readonly modelDirectory?: string;
  /** MODEL_URL; empty means that nothing is fetched. */
  readonly modelUrl?: string;
  /** DATA_DIR: where a fetched model is kept. */
  readonly dataDirectory?: string;
  /** CHROMA_URL; empty means that vectors are kept in memory. */
  readonly chromaUrl?: string;
}

export function enricherSettingsOf(settings: Settings): EnricherSettings {
  return {
    token: settings.API_TOKEN,
    retrieval: settings.RETRIEVAL,
    modelDirectory: settings.MODEL_DIR,
    modelUrl: settings.MODEL_URL,
    dataDirectory: settings.DATA_DIR,
    chromaUrl: settings.CHROMA_URL,
  };
}

export interface EnricherOptions {
  readonly settings: EnricherSettings;
  /** Alerts for the graph at /viz; without it the graph says that it has none to show. */
  readonly store?: Pick<Store, 'searchAlerts'>;
  /** services/enricher/vectors with its libraries installed; without it there is no search by vectors. */
  readonly vectorsDirectory?: string;
  /** Folders of rule files whose tags retrieval learns from; without them there are no labelled examples. */
  readonly rulesDirectories?: readonly string[];
  /** The built page of /viz. */
  readonly webDirectory?: string;
  readonly logger: Logger;
  readonly version: string;
  /** Names and certificate of our own app, as a process of its own. */
  readonly http?: HttpFace;
  readonly now: () => Date;
}

export interface EnricherService {
  readonly app: HttpApp;
  /** As POST /enrich, for whoever runs in the same process. */
  readonly enrich: (request: EnrichmentRequest) => Promise<Enrichment>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function buildEnricher(options: EnricherOptions): Promise<EnricherService> {
  const { settings, logger } = options;
  const retrieval = createRetrieval({
    retrieval: settings.retrieval ?? 'words',
    vectorsDirectory: options.vectorsDirectory ?? '',
    modelDirectory: settings.modelDirectory ?? '',
    dataDirectory: settings.dataDirectory ?? '',
    modelUrl: settings.modelUrl ?? '',
    chromaUrl: settings.chromaUrl ?? '',
    rulesDirectories: options.rulesDirectories ?? [],
    logger,
  });
  const registry = new Registry();
  const onLimit = createLimitCounter(registry, ['enricher']);
  const app = await createHttpApp({
    ...options.http,
    name: 'enricher',
    version: options.version,
    logger,
    token: settings.token,
    registry,
    openRoutes: OPEN_VIZ_ROUTES,
    ready: async () => {
      const { parts, degraded } = retrieval.state();
      return { ready: true, parts, degraded };
    },
    health: () => {
      const { kind, vectors, collection, parts } = retrieval.state();
      return {
        techniques: TECHNIQUES.length,
        retrieval: kind,
        ...(vectors === undefined ? {} : { vectors }),
        ...(collection === undefined ? {} : { collection }),
        parts,
        attack_version: ATTACK_VERSION,
      };
    },
  });
  await enrichRoutes(app, { index: retrieval });
  await vizRoutes(app, {
    store: options.store,
    webDirectory: options.webDirectory ?? '',
    now: options.now,
    onLimit,
  });
  return {
    app,
    enrich: (request) => enrichAlert(request, retrieval),
    start: async () => retrieval.start(),
    async stop() {
      await app.close();
      await retrieval.stop();
    },
  };
}
