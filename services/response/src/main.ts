/** The process of response. It decides from its ledger; the trail in Elasticsearch may come later. */
import { networkInterfaces } from 'node:os';
import { openLater, runService, VERSION } from '@mini-soc/service-kit';
import { openElasticsearchStore } from '@mini-soc/store/elasticsearch';
import { buildResponse, readOwnAddresses, responseSettingsOf } from './app.ts';

/** Where the other replicas reach this one: its first address that is not loopback. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((one) => !one.internal && one.family === 'IPv4')?.address ?? '127.0.0.1';
}

process.exitCode = await runService(process, {
  name: 'response',
  uses: { listens: true, elasticsearch: true },
  start: async ({ settings, logger, fetch, http, elasticsearch, undo, listen }) => {
    const store = openLater(() => openElasticsearchStore({ ...elasticsearch, indices: 'expect' }));
    const response = await buildResponse({
      store: {
        appendBlock: async (block) => (await store()).appendBlock(block),
        listBlocks: async (size) => (await store()).listBlocks(size),
      },
      dataDirectory: settings.DATA_DIR,
      settings: responseSettingsOf(settings),
      ...(settings.RESPONSE_REPLICA
        ? {
            replica: {
              url: `http${http.tls === undefined ? '' : 's'}://${ownAddress()}:${settings.RESPONSE_PORT}`,
              ...(fetch === undefined ? {} : { fetch }),
            },
          }
        : {}),
      ownAddresses: readOwnAddresses,
      now: () => new Date(),
      logger,
      version: VERSION,
      http,
    });
    undo(() => response.stop());
    await response.start();
    await listen(response.app, settings.RESPONSE_PORT);
  },
});
process.exit();
