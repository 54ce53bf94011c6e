/** The process of the enricher. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLater, runService, usesOf, VERSION } from '@mini-soc/service-kit';
import { openStore } from '@mini-soc/store/open';
import { buildEnricher, enricherSettingsOf } from './app.ts';

const home = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

process.exitCode = await runService(process, {
  name: 'enricher',
  uses: usesOf('enricher'),
  start: async ({ settings, logger, http, elasticsearch, undo, listen }) => {
    // Only the graph at /viz needs it; without it alerts are enriched all the same.
    const store = openLater(() => openStore({ ...elasticsearch, indices: 'expect' }));
    const enricher = await buildEnricher({
      settings: enricherSettingsOf(settings),
      store: { searchAlerts: async (search) => (await store()).searchAlerts(search) },
      vectorsDirectory: path.join(home, 'vectors'),
      rulesDirectories: [settings.RULES_DIR, path.join(home, '../../rules')],
      webDirectory: path.join(home, 'dist/web'),
      logger,
      version: VERSION,
      now: () => new Date(),
      http,
    });
    undo(() => enricher.stop());
    await enricher.start();
    await listen(enricher.app, settings.ENRICHER_PORT);
  },
});
process.exit();
