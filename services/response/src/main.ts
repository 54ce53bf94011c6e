/** The process of response. It decides from its ledger; the trail in Elasticsearch may come later. */
import { networkInterfaces } from 'node:os';
import { ignoreLimits } from '@mini-soc/model';
import { openLater, runService, usesOf, VERSION } from '@mini-soc/service-kit';
import { openStore } from '@mini-soc/store/open';
import {
  buildResponse,
  readBootId,
  readOwnAddresses,
  responseSettingsOf,
  surroundingsOf,
} from './app.ts';

const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Where the other replicas reach this one: its first address that is not loopback. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((one) => !one.internal && one.family === 'IPv4')?.address ?? '127.0.0.1';
}

process.exitCode = await runService(process, {
  name: 'response',
  uses: usesOf('response'),
  start: async ({ settings, logger, fetch, http, elasticsearch, undo, listen }) => {
    const store = openLater(() => openStore({ ...elasticsearch, indices: 'expect' }));
    const response = await buildResponse({
      store: {
        appendBlocks: async (blocks) => (await store()).appendBlocks(blocks),
        listBlocks: async (size) => (await store()).listBlocks(size),
        existingBlocks: async (ids) => (await store()).existingBlocks(ids),
        blocksInForce: async (search) => (await store()).blocksInForce(search),
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
      surroundings: surroundingsOf(settings, monotonicMs),
      now: () => new Date(),
      monotonicMs,
      boot: readBootId(),
      onLimit: ignoreLimits, // counted by its own metrics; detection is another process
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
