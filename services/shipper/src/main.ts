/** The process of the shipper. */
import { UsageError } from '@mini-soc/model';
import { runService, usesOf, VERSION, waitFor } from '@mini-soc/service-kit';
import { createZoneOffset, parseLogSource } from '@mini-soc/ingest';
import { openStore } from '@mini-soc/store/open';
import { buildShipper } from './app.ts';

process.exitCode = await runService(process, {
  name: 'shipper',
  uses: usesOf('shipper'),
  start: async ({ settings, logger, signal, http, elasticsearch, undo, listen, fail }) => {
    const logs = settings.LOGS.split(',').flatMap((log) => (log.trim() === '' ? [] : [log.trim()]));
    if (logs.length === 0)
      throw new UsageError('No logs to watch: name files or globs in LOGS, separated by commas');
    const store = await waitFor(() => openStore({ ...elasticsearch, indices: 'expect' }), {
      what: 'Elasticsearch',
      signal,
      logger,
    });
    undo(() => store.close());
    const shipper = await buildShipper({
      store,
      logs: logs.map(parseLogSource),
      selfTestDirectory: settings.SELF_TEST_DIR,
      dataDirectory: settings.DATA_DIR,
      zoneOffsetMinutes: createZoneOffset(settings.LOG_TIME_ZONE),
      trustedProxies: settings.TRUSTED_PROXIES,
      token: settings.API_TOKEN,
      now: () => new Date(),
      logger,
      version: VERSION,
      http,
      onFatal: fail,
    });
    undo(() => shipper.stop());
    await listen(shipper.app, settings.SHIPPER_PORT);
    await shipper.start();
  },
});
process.exit();
