import { buildConsole } from '@mini-soc/console';
import { VERSION } from '@mini-soc/service-kit';
import { describeSensors } from '../describe-sensors.ts';
import type { Part } from '../part.ts';

export const consolePart: Part = {
  name: 'console',
  async start(host, undo) {
    const { settings, now, logs, webDirectory } = host.options;
    const { counts, files } = host.take('ingest');
    const console = await buildConsole({
      urls: {
        detection: host.urlOf('detection'),
        response: host.urlOf('response'),
        enricher: host.urlOf('enricher'),
      },
      token: settings.API_TOKEN,
      callTokens: {
        detection: host.showToken('console', 'detection'),
        response: host.showToken('console', 'response'),
        enricher: host.showToken('console', 'enricher'),
      },
      store: host.store,
      parts: () => describeSensors(logs, counts(), files()),
      webDirectory,
      fetch: host.fetch,
      now,
      logger: host.logger('console'),
      version: VERSION,
      http: host.faceOf('console'),
    });
    undo(console.stop);
    await console.start();
    await host.listen(console.app, 'console', settings.CONSOLE_PORT, undo);
    return {};
  },
};
