/** The enricher: techniques and tactics of MITRE ATT&CK for an alert. */
import { ATTACK_VERSION, createLexicalIndex, TECHNIQUES } from '@mini-soc/attack';
import { createHttpApp, type HttpApp, type Logger } from '@mini-soc/service-kit';
import { enrichRoutes } from './routes/enrich.ts';

export interface EnricherOptions {
  readonly settings: { readonly token: string };
  readonly logger: Logger;
  readonly version: string;
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
