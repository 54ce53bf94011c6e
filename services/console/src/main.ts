/** The process of the console. A part that is away is shown as such, Elasticsearch too. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { callTokenOf, openLater, runService, usesOf, VERSION } from '@mini-soc/service-kit';
import { openStore } from '@mini-soc/store/open';
import { buildConsole } from './app.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const ONE_TRY = { attempts: 1, firstMs: 0, longestMs: 0 };

process.exitCode = await runService(process, {
  name: 'console',
  uses: usesOf('console'),
  start: async ({ settings, logger, fetch, http, elasticsearch, undo, listen }) => {
    // A page is waiting: what does not answer now is asked again with the next look.
    const store = openLater(() =>
      openStore({
        ...elasticsearch,
        indices: 'expect',
        retry: ONE_TRY,
        requestTimeoutMs: 3000,
      }),
    );
    const service = await buildConsole({
      urls: {
        detection: settings.DETECTION_URL,
        response: settings.RESPONSE_URL,
        enricher: settings.ENRICHER_URL,
      },
      token: settings.API_TOKEN,
      callTokens: {
        detection: callTokenOf(settings, 'detection'),
        enricher: callTokenOf(settings, 'enricher'),
        response: callTokenOf(settings, 'response'),
      },
      store: {
        name: 'elasticsearch',
        countEvents: async (...search) => (await store()).countEvents(...search),
        countEventsOverTime: async (...range) => (await store()).countEventsOverTime(...range),
      },
      webDirectory: path.join(root, 'services/console/dist/web'),
      ...(fetch === undefined ? {} : { fetch }),
      now: () => new Date(),
      logger,
      version: VERSION,
      http,
    });
    undo(() => service.stop());
    await service.start();
    await listen(service.app, settings.CONSOLE_PORT);
  },
});
process.exit();
