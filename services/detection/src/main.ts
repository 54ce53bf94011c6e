/** The process of detection: it also writes the index templates and deletes old events. */
import { hostname } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runService, usesOf, VERSION, waitFor } from '@mini-soc/service-kit';
import { loadRuleSet } from '@mini-soc/sigma';
import { openStore } from '@mini-soc/store/open';
import {
  buildDetection,
  createHttpEnricher,
  createHttpResponder,
  createSelfMonitoring,
  createStackSelfTest,
  detectionSettingsOf,
  refuseShortRetention,
} from './app.ts';

const RETENTION_INTERVAL_MS = 3_600_000;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

process.exitCode = await runService(process, {
  name: 'detection',
  uses: usesOf('detection'),
  start: async ({ settings, logger, signal, fetch, http, elasticsearch, undo, listen }) => {
    const token = settings.API_TOKEN;
    const {
      rules,
      faults: ruleFaults,
      exceptions: ruleExceptions,
      lists,
    } = await loadRuleSet({
      directory: path.join(root, 'rules'),
      ownDirectory: settings.RULES_DIR,
      overrides: settings.RULE_OVERRIDES,
    });
    refuseShortRetention(rules, settings.RETENTION_AGE);
    const opening = { ...elasticsearch, retentionMs: settings.RETENTION_AGE };
    const store = await waitFor(() => openStore(opening), {
      what: 'Elasticsearch',
      signal,
      logger,
    });
    undo(() => store.close());
    const service = (url: string) => ({
      url,
      token,
      ...(fetch === undefined ? {} : { fetch }),
    });
    const now = () => new Date();
    const host = hostname();
    const monitoring = createSelfMonitoring({ store, now, logger });
    const selfTest = createStackSelfTest({
      settings,
      host,
      rules,
      store,
      monitoring,
      now,
      logger,
    });
    const detection = await buildDetection({
      store,
      rules,
      ruleFaults,
      lists,
      ruleExceptions,
      settings: detectionSettingsOf(settings, RETENTION_INTERVAL_MS),
      responder: createHttpResponder(service(settings.RESPONSE_URL)),
      enricher: createHttpEnricher(service(settings.ENRICHER_URL)),
      monitoring,
      parts: () => ({ 'self-test': selfTest.ready() }),
      now,
      logger,
      version: VERSION,
      http,
    });
    undo(() => detection.stop());
    await listen(detection.app, settings.DETECTION_PORT);
    await detection.start();
    await selfTest.start();
    undo(async () => selfTest.stop());
  },
});
process.exit();
