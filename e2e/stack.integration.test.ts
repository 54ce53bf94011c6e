/**
 * The stack that `make up` starts, from nothing to nothing: every service healthy, attacks found and
 * blocked, what the make targets show. Needs the Docker lab and root; says so and skips without them.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { must, openComposeStack, ROOT, whyNoLab, type ComposeStack } from './compose-stack.ts';

const MINUTE_MS = 60_000;
const STAYING = [
  'chroma',
  'console',
  'detection',
  'elasticsearch',
  'enricher',
  'filebeat',
  'kibana',
  'log-generator',
  'response',
];
const selfTestAlertsSchema = z.object({
  hits: z.object({
    hits: z.array(z.object({ _source: z.object({ entity: z.object({ stage: z.string() }) }) })),
  }),
});
const say = (text: string): unknown => process.stderr.write(`${text}\n`);
if (whyNoLab !== undefined) say(whyNoLab);

describe.skipIf(whyNoLab !== undefined)('the stack in Compose', () => {
  let stack: ComposeStack;
  let upMs = 0;

  beforeAll(async () => {
    stack = await openComposeStack(`soc-e2e-${process.pid}`, undefined, {
      SELF_TEST_INTERVAL: '10s',
    });
    say(`Lines are shipped by ${stack.filebeat}`);
    const startedMs = Date.now();
    await must(stack.make('up'));
    upMs = Date.now();
    say(`make up: ${((upMs - startedMs) / 1000).toFixed(0)} s until every service was healthy`);
  }, 20 * MINUTE_MS);

  afterAll(async () => {
    if (stack !== undefined) await stack.make('down');
  }, 3 * MINUTE_MS);

  it('every service is healthy and Kibana is set up', async () => {
    const containers = await stack.containers();
    expect(containers.map((one) => `${one.Service} ${one.State} ${one.Health}`).toSorted()).toEqual(
      STAYING.map((name) => `${name} running healthy`),
    );
    const found = await fetch(`${stack.urls.kibana}/api/saved_objects/_find?type=dashboard`);
    expect(JSON.stringify(await found.json())).toContain('SOC Overview');
  });

  it('alerts and blocks are in Elasticsearch within 60 s', { timeout: 3 * MINUTE_MS }, async () => {
    let counts = { events: 0, alerts: 0, blocks: 0 };
    while (Date.now() - upMs < 2 * MINUTE_MS && (counts.alerts === 0 || counts.blocks === 0)) {
      await sleep(500);
      counts = {
        events: await stack.count('soc-logs-*'),
        alerts: await stack.count('soc-alerts', 'NOT self_test:true'),
        blocks: await stack.count('soc-blocked-ips', 'kind:blocked'),
      };
    }
    const seconds = (Date.now() - upMs) / 1000;
    say(`After ${seconds.toFixed(0)} s: ${JSON.stringify(counts)}`);
    expect(counts.alerts).toBeGreaterThan(0);
    expect(counts.blocks).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(60);
    expect(await stack.count('soc-dead-letters')).toBe(0);
  });

  it('the self-test passes every stage', { timeout: 4 * MINUTE_MS }, async () => {
    const lines = async () =>
      (await (await fetch(`${stack.urls.detection}/metrics`)).text()).split('\n');
    await eventually(async () => (await lines()).includes('soc_selftest_ok 1'));
    const seconds = (await lines()).filter((line) => line.startsWith('soc_selftest_seconds{'));
    say(seconds.join('\n'));
    expect(seconds).toHaveLength(6);
    const overview = await (await fetch(`${stack.urls.console}/api/overview`)).json();
    expect(overview).toMatchObject({
      parts: expect.arrayContaining([
        { name: 'self-test', ok: true, state: expect.stringMatching(/^Passed /) },
      ]),
    });
    expect(await stack.count('soc-blocked-ips', 'source_ip:"192.0.2.0/24" AND kind:blocked')).toBe(
      0,
    );
  });

  it.each([
    [
      ['enricher', 'response'],
      ['enrich', 'respond'],
    ],
    [['filebeat'], ['read']],
  ])(
    'with %o stopped, the stages are named within two minutes, and closed when they answer',
    { timeout: 8 * MINUTE_MS },
    async (services, stages) => {
      const open = async (): Promise<readonly string[]> => {
        const found = await fetch(
          `${stack.urls.elasticsearch}/soc-alerts/_search?q=${encodeURIComponent('rule_name:SelfTestRule AND status:open')}`,
        );
        return selfTestAlertsSchema
          .parse(await found.json())
          .hits.hits.map(({ _source: alert }) => alert.entity.stage)
          .toSorted();
      };
      expect(await open()).toEqual([]);
      await must(stack.compose('stop', ...services));
      const stoppedMs = Date.now();
      await eventually(async () => (await open()).length === stages.length);
      say(
        `${services.join(' and ')} stopped: named as ${(await open()).join(' and ')} after ${((Date.now() - stoppedMs) / 1000).toFixed(0)} s`,
      );
      expect(await open()).toEqual(stages);
      await must(stack.compose('start', ...services));
      const startedMs = Date.now();
      await eventually(async () => (await open()).length === 0);
      say(`Closed ${((Date.now() - startedMs) / 1000).toFixed(0)} s after the start`);
    },
  );

  it(
    'make status, trigger, alerts, blocked and demo show it',
    { timeout: 5 * MINUTE_MS },
    async () => {
      const status = await must(stack.make('status'));
      for (const name of STAYING) expect(status.output).toContain(name);
      expect(status.output).toMatch(/\d events, \d+(?: or more)? alerts, \d+ addresses blocked/);
      expect((await must(stack.make('trigger'))).output).toMatch(
        /One cycle of \d+ rules in \d+ ms/,
      );
      const alerts = await must(stack.make('alerts'));
      expect(alerts.output).toMatch(
        /BruteForceRule|AnomalousLoginRule|SuspiciousCommandRule|WebFuzz/,
      );
      const blocked = await must(stack.make('blocked'));
      expect(blocked.output).toMatch(/ADDRESS +TIME LEFT[^]*simulated/);
      const demo = await must(stack.make('demo'));
      expect(demo.output).toMatch(/healthy[^]*Newest alerts[^]*Blocked addresses[^]*simulated/);
      say(demo.output);
    },
  );

  it('every port is on the loopback interface only', async () => {
    const { output } = await must(
      stack.docker(
        'ps',
        '--filter',
        `label=com.docker.compose.project=${stack.project}`,
        '--format',
        '{{.Ports}}',
      ),
    );
    const published = [...output.matchAll(/(\S+):\d+->/g)].map((match) => match[1]);
    expect(published.length).toBeGreaterThanOrEqual(6);
    expect(new Set(published)).toEqual(new Set(['127.0.0.1']));
  });

  it('our containers can write nothing but their volumes and have no rights', async () => {
    const ids = (await must(stack.compose('ps', '-q'))).output.trim().split('\n');
    const schema = z.array(
      z.looseObject({
        Name: z.string(),
        Config: z.looseObject({ User: z.string(), Image: z.string() }),
        HostConfig: z.looseObject({
          ReadonlyRootfs: z.boolean(),
          CapDrop: z.array(z.string()).nullable(),
          CapAdd: z.array(z.string()).nullable(),
          SecurityOpt: z.array(z.string()).nullable(),
          Memory: z.number(),
        }),
      }),
    );
    const containers = schema.parse(
      JSON.parse((await must(stack.docker('inspect', ...ids))).output),
    );
    for (const { Name: name, Config: config, HostConfig: host } of containers) {
      expect([name, host.CapDrop, host.CapAdd ?? []]).toEqual([name, ['ALL'], []]);
      expect([name, host.SecurityOpt]).toEqual([name, ['no-new-privileges:true']]);
      expect([name, host.Memory > 0]).toEqual([name, true]);
      if (config.Image.startsWith('mini-soc-e2e/'))
        expect([name, host.ReadonlyRootfs, config.User]).toEqual([name, true, 'node']);
    }
    expect(containers.length).toBeGreaterThanOrEqual(STAYING.length);
  });

  it(
    'memory of each container and size of each image are printed',
    async () => {
      const ids = (await must(stack.compose('ps', '-q'))).output.trim().split('\n');
      const memory = await must(
        stack.docker('stats', '--no-stream', '--format', '{{.Name}}\t{{.MemUsage}}', ...ids),
      );
      const images = await must(
        stack.docker('images', 'mini-soc-e2e/*', '--format', '{{.Repository}}\t{{.Size}}'),
      );
      say(`${memory.output}\n${images.output}`);
      expect(memory.output.trim().split('\n').length).toBeGreaterThanOrEqual(STAYING.length);
    },
    MINUTE_MS,
  );

  it(
    'make backup and make restore bring back what was lost',
    { timeout: 8 * MINUTE_MS },
    async () => {
      const marker = `${stack.urls.elasticsearch}/soc-e2e-marker`;
      const made = await fetch(`${marker}/_doc/1?refresh=true`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: '{"kept":true}',
      });
      expect(made.status).toBe(201);
      const before = {
        alerts: await stack.count('soc-alerts'),
        blocks: await stack.count('soc-blocked-ips'),
      };
      const saved = await must(stack.make('backup'));
      const names = saved.output.match(/mini-soc-\d{8}T\d{6}Z\.tar\.gz/g) ?? [];
      const file = `backups/${names.toSorted().at(-1) ?? 'is-missing'}`;
      try {
        await healthy();
        expect((await fetch(marker, { method: 'DELETE' })).status).toBe(200);
        await must(stack.make('restore', `FILE=${file}`));
        await healthy();
        expect(await stack.count('soc-e2e-marker')).toBe(1);
        expect(await stack.count('soc-alerts')).toBeGreaterThanOrEqual(before.alerts);
        expect(await stack.count('soc-blocked-ips')).toBeGreaterThanOrEqual(before.blocks);
        expect((await must(stack.make('blocked'))).output).toContain('simulated');
        say(`Restored ${JSON.stringify(before)} from ${file}`);
      } finally {
        rmSync(path.join(ROOT, file), { force: true });
      }
    },
  );

  async function eventually(question: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 3 * MINUTE_MS;
    while (!(await question())) {
      if (Date.now() > deadline) throw new Error(`Not true in time: ${question.toString()}`);
      await sleep(1000);
    }
  }

  /** Waits until every service is healthy again. */
  async function healthy(): Promise<void> {
    for (let second = 0; second < 150; second += 1) {
      const staying = (await stack.containers()).filter((one) => STAYING.includes(one.Service));
      if (staying.length === STAYING.length && staying.every((one) => one.Health === 'healthy'))
        return;
      await sleep(1000);
    }
    throw new Error(`Not healthy: ${JSON.stringify(await stack.containers())}`);
  }

  it('make down leaves nothing', { timeout: 3 * MINUTE_MS }, async () => {
    await must(stack.make('down'));
    const label = `label=com.docker.compose.project=${stack.project}`;
    const left = await Promise.all([
      stack.docker('ps', '--all', '--quiet', '--filter', label),
      stack.docker('volume', 'ls', '--quiet', '--filter', label),
      stack.docker('network', 'ls', '--quiet', '--filter', label),
    ]);
    expect(left.map((one) => one.output.trim())).toEqual(['', '', '']);
  });
});
