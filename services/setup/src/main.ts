/** The process of the set-up: `secrets` before Elasticsearch runs, `access` and `sensor` when it does. */
import { UsageError } from '@mini-soc/model';
import { readTls, runService, usesOf, waitFor } from '@mini-soc/service-kit';
import {
  createAskElasticsearch,
  MEMBERS,
  runSensorCommand,
  setUpAccess,
  writeSecrets,
} from './app.ts';

const [step = '', ...words] = process.argv.slice(2);

process.exitCode = await runService(process, {
  name: 'setup',
  uses: usesOf('setup'),
  start: async ({ settings, logger, signal, finish }) => {
    const directory = settings.SECRETS_DIR;
    if (step === 'secrets') {
      const { made, kept } = await writeSecrets({
        directory,
        members: MEMBERS,
        consoleNames: settings.HOST_NAMES,
        now: new Date(),
      });
      process.stdout.write(`Secrets: ${made.length} made, ${kept} kept\n`);
    } else if (step === 'access' || step === 'sensor') {
      const { fetch } = await readTls(
        { TLS_CERT_FILE: '', TLS_KEY_FILE: '', TLS_CA_FILE: `${directory}/setup/ca.crt` },
        new Date(),
      );
      const elasticsearch = {
        url: settings.ELASTICSEARCH_URL.replace(/\/$/, ''),
        directory,
        ...(fetch === undefined ? {} : { fetch }),
      };
      if (step === 'sensor') {
        const ask = await createAskElasticsearch(elasticsearch);
        process.stdout.write(await runSensorCommand(ask, words));
      } else {
        const users = await waitFor(() => setUpAccess({ ...elasticsearch, members: MEMBERS }), {
          what: 'Elasticsearch',
          signal,
          logger,
        });
        process.stdout.write(`Access: ${users.length} users are set up\n`);
      }
    } else
      throw new UsageError(`Expected "secrets", "access" or "sensor": current value is "${step}"`);
    finish();
  },
});
process.exit();
