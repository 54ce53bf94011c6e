import path from 'node:path';
import { buildEnricher, enricherSettingsOf } from '@mini-soc/enricher';
import { VERSION } from '@mini-soc/service-kit';
import type { Part } from '../part.ts';

export const enricherPart: Part = {
  name: 'enricher',
  async start(host, undo) {
    const { settings, now, enricherDirectory, rulesDirectory } = host.options;
    const enricher = await buildEnricher({
      settings: enricherSettingsOf(settings),
      store: host.store,
      vectorsDirectory: path.join(enricherDirectory, 'vectors'),
      rulesDirectories: [settings.RULES_DIR, rulesDirectory],
      webDirectory: path.join(enricherDirectory, 'dist/web'),
      logger: host.logger('enricher'),
      version: VERSION,
      now,
    });
    undo(enricher.stop);
    await enricher.start();
    await host.listen(enricher.app, 'enricher', settings.ENRICHER_PORT, undo);
    host.give('enricher', enricher);
    return {};
  },
};
