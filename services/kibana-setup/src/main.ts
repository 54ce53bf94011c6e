/** The process that sets Kibana up once and ends. */
import { createTrustingFetch, readAuthority, runService, usesOf } from '@mini-soc/service-kit';
import { describeReport, INDICES, setUpKibana } from './app.ts';

process.exitCode = await runService(process, {
  name: 'kibana-setup',
  uses: usesOf('kibana-setup'),
  start: async ({ settings, logger, signal, fail, finish }) => {
    const caFile = settings.KIBANA_CA_FILE;
    try {
      const report = await setUpKibana({
        address: {
          url: settings.KIBANA_URL,
          space: settings.KIBANA_SPACE,
          apiKey: settings.KIBANA_API_KEY,
          username: settings.KIBANA_USERNAME,
          password: settings.KIBANA_PASSWORD,
        },
        ...(caFile === ''
          ? {}
          : { fetch: createTrustingFetch(await readAuthority('KIBANA_CA_FILE', caFile)) }),
        installation: {
          indices: INDICES,
          consoleUrl: settings.CONSOLE_PUBLIC_URL,
          graphUrl: settings.GRAPH_PUBLIC_URL,
        },
        waitMs: settings.KIBANA_WAIT,
        logger,
        now: () => new Date(),
        signal,
      });
      process.stdout.write(`${describeReport(report)}\n`);
      finish();
    } catch (error) {
      // Stopped halfway is not done: whoever waits for the end must not take it for that.
      fail(error);
    }
  },
});
process.exit();
