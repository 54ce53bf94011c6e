/** The enricher: techniques and tactics of MITRE ATT&CK for an alert. */
import { ATTACK_VERSION, createLexicalIndex, TECHNIQUES } from '@mini-soc/attack';
import { createHttpApp, type HttpApp, type HttpFace, type Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { enrichRoutes } from './routes/enrich.ts';

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

export interface EnricherOptions {
  readonly settings: EnricherSettings;
  /** Alerts for the graph at /viz; without it the graph says that it has none to show. */
  readonly store?: Pick<Store, 'searchAlerts'>;
  /** services/enricher/vectors with its libraries installed; without it there is no search by vectors. */
  readonly vectorsDirectory?: string;
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
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function buildEnricher(options: EnricherOptions): Promise<EnricherService> {
  const index = createLexicalIndex();
  const app = await createHttpApp({
    ...options.http,
    name: 'enricher',
    version: options.version,
    logger: options.logger,
    token: options.settings.token,
    ready: async () => ({
      ready: true,
      parts: { retrieval: `${TECHNIQUES.length} techniques, found by words` },
    }),
    health: () => ({
      techniques: TECHNIQUES.length,
      retrieval: index.name,
      attack_version: ATTACK_VERSION,
    }),
  });
  await enrichRoutes(app, { index });
  return { app, start: async () => undefined, stop: () => app.close() };
}
