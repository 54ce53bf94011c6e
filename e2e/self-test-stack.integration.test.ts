/**
 * The self-test of the stack on the real Elasticsearch (ELASTICSEARCH_URL; skipped without one): two detection
 * processes, each with its own file in one folder, and our shipper that reads it. In
 * `e2e/filebeat.integration.test.ts` a real Filebeat reads such a folder.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@elastic/elasticsearch';
import {
  buildDetection,
  createSelfMonitoring,
  createStackSelfTest,
  type Detection,
  type Enricher,
} from '@mini-soc/detection';
import { createLogger } from '@mini-soc/service-kit';
import { buildShipper } from '@mini-soc/shipper';
import { loadRules } from '@mini-soc/sigma';
import { openElasticsearchStore } from '@mini-soc/store/elasticsearch';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './soc-process.ts';

const URL = process.env['ELASTICSEARCH_URL'] ?? '';
const WITHIN_MS = 60_000;
/** Of two minutes in the product. */
const PATIENCE_MS = 15_000;
const STAGES = ['read', 'parse', 'store', 'detect', 'enrich', 'respond'];
const logger = createLogger({ name: 'test', level: 'silent' });
const now = () => new Date();
const ENRICHMENT = {
  mitre_techniques: [],
  mitre_tactics: [],
  mitre_urls: [],
  threat_confidence: 0.5,
  threat_summary: '',
};

describe.skipIf(URL === '')('the self-test of the stack (skipped unless ELASTICSEARCH_URL)', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'soc-self-test-'));
  const selfTestFolder = path.join(folder, 'self-test');
  const real = path.join(folder, 'auth.log');
  const prefix = `self-test-${randomBytes(4).toString('hex')}`;
  const stops: (() => Promise<unknown>)[] = [];
  const client = new Client({ node: URL });
  const stop = async () => {
    for (let step = stops.pop(); step !== undefined; step = stops.pop()) await step();
  };

  beforeAll(() => mkdirSync(selfTestFolder));
  afterEach(stop, WITHIN_MS);
  afterAll(async () => {
    const names = Object.keys(await client.indices.get({ index: `${prefix}-*` }));
    await client.indices.delete({ index: names });
    await client.indices.deleteIndexTemplate({ name: `${prefix}-*` }, { ignore: [404] });
    await client.cluster.deleteComponentTemplate({ name: `${prefix}-*` }, { ignore: [404] });
    await client.close();
    rmSync(folder, { recursive: true });
  }, WITHIN_MS);

  const startDetection = async (host: string, enrich: Enricher['enrich'], patienceMs = 60_000) => {
    const rules = await loadRules({
      directory: path.resolve(import.meta.dirname, '../rules'),
      overrides: [],
    });
    const store = await openElasticsearchStore({ url: URL, prefix });
    stops.push(() => store.close());
    const monitoring = createSelfMonitoring({ store, now, logger });
    const selfTest = createStackSelfTest({
      settings: {
        SELF_TEST_DIR: selfTestFolder,
        SELF_TEST_INTERVAL: 5000,
        DETECTION_INTERVAL: 1000,
      },
      host,
      rules,
      store,
      monitoring,
      now,
      logger,
      firstAfterMs: 10,
      patienceMs,
    });
    const detection = await buildDetection({
      store,
      rules,
      settings: { token: '', intervalMs: 1000, latenessMs: 120_000 },
      responder: {
        respond: async (alert) =>
          alert.source_ip?.startsWith('192.0.2.') === true
            ? { action: 'block', outcome: 'refused', reason: 'Not blocked: reserved' }
            : { action: 'block', outcome: 'blocked', reason: '' },
      },
      enricher: { enrich },
      monitoring,
      parts: () => ({ 'self-test': selfTest.ready() }),
      now,
      logger,
      version: '0',
    });
    stops.push(() => detection.stop());
    await detection.start();
    await selfTest.start();
    stops.push(async () => selfTest.stop());
    return detection;
  };

  const startShipper = async () => {
    const store = await openElasticsearchStore({ url: URL, prefix, indices: 'expect' });
    stops.push(() => store.close());
    const shipper = await buildShipper({
      store,
      logs: [{ pattern: real }],
      selfTestDirectory: selfTestFolder,
      dataDirectory: folder,
      zoneOffsetMinutes: () => 0,
      token: '',
      now,
      logger,
      version: '0',
      onFatal: () => undefined,
      pollMs: 200,
    });
    stops.push(() => shipper.stop());
    await shipper.start();
  };

  const metricsOf = async (detection: Detection) =>
    (await detection.app.inject('/metrics')).body.split('\n');
  const ready = async (detection: Detection) =>
    (await detection.app.inject('/ready')).json<{
      parts: Record<string, string>;
      degraded: string[];
    }>();

  it(
    'passes for two detection processes, each in its own file and address',
    async () => {
      const detections = [
        await startDetection('first', async () => ENRICHMENT),
        await startDetection('second', async () => ENRICHMENT),
      ];
      await startShipper();
      for (const detection of detections) {
        await eventually(
          async () => (await metricsOf(detection)).includes('soc_selftest_ok 1'),
          WITHIN_MS,
        );
        const text = (await metricsOf(detection)).join('\n');
        for (const stage of STAGES)
          expect(text).toMatch(new RegExp(`soc_selftest_seconds\\{stage="${stage}"\\} \\d`));
        process.stdout.write(
          `${text
            .split('\n')
            .filter((line) => line.startsWith('soc_selftest_seconds{'))
            .join(' ')}\n`,
        );
        expect((await ready(detection)).parts['self-test']).toMatch(/^passed /);
      }
      expect(readdirSync(selfTestFolder).toSorted()).toEqual([
        'mini-soc-self-test-first.log',
        'mini-soc-self-test-second.log',
      ]);
      const [first] = detections;
      const marked = (await first?.app.inject('/alerts?self_test=true'))?.json<
        { event_count: number; status: string; source_ip: string }[]
      >();
      expect(marked?.length).toBeGreaterThanOrEqual(2);
      for (const alert of marked ?? []) expect(alert).toMatchObject({ status: 'closed' });

      // A line of a real log that says the same is an attack.
      const at = new Date().toISOString();
      appendFileSync(
        real,
        Array.from(
          { length: 5 },
          (_, index) =>
            `${at} mini-soc-self-test sshd[${4000 + index}]: Failed password for invalid user mini-soc-self-test from 203.0.113.9 port ${40_000 + index} ssh2\n`,
        ).join(''),
      );
      const shown = async () =>
        (await first?.app.inject('/alerts'))?.json<{ source_ip?: string; status: string }[]>();
      await eventually(async () => (await shown())?.length === 1, WITHIN_MS);
      expect(await shown()).toMatchObject([{ source_ip: '203.0.113.9', status: 'open' }]);
    },
    3 * WITHIN_MS,
  );

  it(
    'names the enricher in time, and closes the alert when it answers again',
    async () => {
      let isAway = true;
      const detection = await startDetection(
        'third',
        async () => {
          if (isAway) throw new Error('away');
          return ENRICHMENT;
        },
        PATIENCE_MS,
      );
      await startShipper();
      const startedMs = Date.now();
      const told = async () =>
        (await detection.app.inject('/alerts'))
          .json<
            { rule_name: string; status: string; entity: unknown; details: { summary: string } }[]
          >()
          .filter((alert) => alert.rule_name === 'SelfTestRule');
      await eventually(async () => (await told()).length === 1, WITHIN_MS);
      process.stdout.write(`The enricher was named after ${(Date.now() - startedMs) / 1000} s\n`);
      expect(await told()).toMatchObject([
        {
          status: 'open',
          entity: { stage: 'enrich' },
          details: { summary: expect.stringContaining('the enricher did not answer') },
        },
      ]);
      expect((await ready(detection)).degraded).toContain('self-test');
      isAway = false;
      await eventually(async () => (await told())[0]?.status === 'closed', WITHIN_MS);
      expect((await ready(detection)).degraded).not.toContain('self-test');
    },
    3 * WITHIN_MS,
  );

  it(
    'finds why a document was refused, as a shipper writes it',
    { timeout: WITHIN_MS },
    async () => {
      const store = await openElasticsearchStore({ url: URL, prefix });
      stops.push(() => store.close());
      const sinceMs = Date.now();
      const letters = [
        { message: 'a line from 192.0.2.201 port 1', error: { message: 'no mapping' } },
        { message: 'from 192.0.2.202 port', error: { message: 'threw' }, tags: ['_js_exception'] },
        { message: 'from 192.0.2.203 port', '@timestamp': '2020-01-01T00:00:00Z' },
      ];
      for (const letter of letters)
        await client.index({
          index: `${prefix}-dead-letters`,
          document: { '@timestamp': new Date(sinceMs).toISOString(), ...letter },
          refresh: true,
        });
      expect(await store.findDeadLetter('192.0.2.201', sinceMs)).toEqual({
        reason: 'no mapping',
        isOfParser: false,
      });
      expect(await store.findDeadLetter('192.0.2.202', sinceMs)).toEqual({
        reason: 'threw',
        isOfParser: true,
      });
      expect(await store.findDeadLetter('192.0.2.203', sinceMs)).toBeUndefined();
      expect(await store.findDeadLetter('192.0.2.20', sinceMs)).toBeUndefined();
    },
  );
});
