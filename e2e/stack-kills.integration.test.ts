/**
 * The stack while its parts die: during a steady attack each container in turn is killed, stopped and
 * started, and Elasticsearch is away for a time (ELASTICSEARCH_DOWN_SECONDS, default 20). At the end what
 * was written, stored, alerted and blocked is counted: nothing is lost, nothing is there twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { askEnrichers, askFilebeat, setUpInKibana, startsOf } from './ask-stack.ts';
import {
  must,
  openComposeStack,
  whyNoLab,
  whyNoModel,
  type ComposeStack,
} from './compose-stack.ts';

const MINUTE_MS = 60_000;
const DOWN_MS = 1000 * Number(process.env['ELASTICSEARCH_DOWN_SECONDS'] ?? '20');
/** Those whose death needs no more than to be survived. */
const KILLED = ['filebeat', 'detection', 'response', 'enricher', 'console', 'log-generator'];
/** Not what detection writes to test itself. */
const OF_THE_GENERATOR = 'NOT flags:self_test';
const say = (text: string): unknown => process.stderr.write(`${text}\n`);
const why = whyNoLab ?? whyNoModel;
if (why !== undefined) say(why);

describe.skipIf(why !== undefined)('the stack when its parts die', () => {
  let stack: ComposeStack;

  beforeAll(async () => {
    stack = await openComposeStack(`soc-kills-${process.pid}`);
    say(`Lines are shipped by ${stack.filebeat}`);
    await must(stack.make('up'));
    await must(stack.make('scale', 'detection=2', 'enricher=2', 'response=2'));
  }, 20 * MINUTE_MS);

  afterAll(async () => {
    if (stack !== undefined) await stack.make('down');
  }, 3 * MINUTE_MS);

  it('each is killed, stopped and started', { timeout: 5 * MINUTE_MS }, async () => {
    for (const service of KILLED) {
      await killed(stack, service);
      await sleep(2000);
      await must(stack.compose('start', service));
      await stoppedAndStarted(stack, service);
    }
    expect(await stack.count('soc-logs-*')).toBeGreaterThan(0);
  });

  it(
    'the enricher goes on without Chroma and comes back to it',
    { timeout: 5 * MINUTE_MS },
    async () => {
      const usesChroma = async (): Promise<boolean> =>
        (await askEnrichers(stack)).every((one) => one.vectors === 'Chroma');
      await eventually(usesChroma);
      const startedAt = await startsOf(stack, 'enricher');
      const before = await askEnrichers(stack);
      await killed(stack, 'chroma');
      const during = await askEnrichers(stack);
      say(`Without Chroma: ${JSON.stringify(during)}`);
      for (const one of during) {
        expect(one.degraded).toEqual(['chroma']);
        expect(one.parts['retrieval']).toContain('vectors in memory');
        expect(one.parts['chroma']).toContain('is away');
      }
      expect(during.map((one) => one.techniques)).toEqual(before.map((one) => one.techniques));
      await must(stack.compose('start', 'chroma'));
      await eventually(usesChroma);
      await stoppedAndStarted(stack, 'chroma');
      await eventually(usesChroma);
      const after = await askEnrichers(stack);
      say(`With Chroma again: ${JSON.stringify(after)}`);
      expect(after).toEqual(before);
      expect(await startsOf(stack, 'enricher')).toEqual(startedAt);
    },
  );

  it('nothing notices the death of Kibana', { timeout: 5 * MINUTE_MS }, async () => {
    const others = async (): Promise<readonly string[]> =>
      (await stack.containers())
        .filter((one) => one.Service !== 'kibana')
        .map((one) => `${one.Name} ${one.Health}`)
        .toSorted();
    await eventually(async () => (await others()).every((one) => one.endsWith(' healthy')));
    const had = await setUpInKibana(stack);
    expect(had.length).toBeGreaterThan(10);
    const starts = await startsOf(stack);
    const asBefore = await others();
    await killed(stack, 'kibana');
    const events = await stack.count('soc-logs-*');
    await eventually(async () => (await stack.count('soc-logs-*')) > events + 20);
    expect(await others()).toEqual(asBefore);
    await must(stack.compose('start', 'kibana'));
    await stoppedAndStarted(stack, 'kibana');
    await eventually(async () => (await healthOf(stack)).includes('kibana healthy'));
    // What kibana-setup made is there, and nobody started it again.
    expect(await setUpInKibana(stack)).toEqual(had);
    expect((await stack.containers()).map((one) => one.Service)).not.toContain('kibana-setup');
    const { kibana: _, ...rest } = await startsOf(stack);
    const { kibana: __, ...restBefore } = starts;
    expect(rest).toEqual(restBefore);
  });

  it('a set-up of Kibana that is killed can be run again', { timeout: 5 * MINUTE_MS }, async () => {
    const had = await setUpInKibana(stack);
    expect(had.length).toBeGreaterThan(10);
    for (const afterMs of [0, 400, 800]) {
      const name = `${stack.project}-killed-setup`;
      await must(stack.compose('run', '--detach', '--no-deps', '--name', name, 'kibana-setup'));
      await sleep(afterMs);
      // It may have ended by itself.
      await stack.docker('kill', '--signal', 'KILL', name);
      await must(stack.docker('rm', '--force', name));
    }
    const again = await must(stack.compose('run', '--rm', '-T', '--no-deps', 'kibana-setup'));
    expect(again.output).toContain('is set up');
    expect(await setUpInKibana(stack)).toEqual(had);
  });

  it(
    'Elasticsearch is killed, away, stopped and started',
    { timeout: 10 * MINUTE_MS },
    async () => {
      await killed(stack, 'elasticsearch');
      if (stack.filebeat === 'Filebeat')
        await eventually(async () => (await askFilebeat(stack)).includes('none was acknowledged'));
      await sleep(DOWN_MS);
      await must(stack.compose('start', 'elasticsearch'));
      await eventually(async () =>
        (await healthOf(stack)).every((one) => one.endsWith(' healthy')),
      );
      await stoppedAndStarted(stack, 'elasticsearch');
      await eventually(async () =>
        (await healthOf(stack)).every((one) => one.endsWith(' healthy')),
      );
      expect((await stack.containers()).length).toBeGreaterThanOrEqual(12);
    },
  );

  it('no event, alert or block is lost or doubled', { timeout: 12 * MINUTE_MS }, async () => {
    // The writing ends; what is on its way arrives.
    await must(stack.compose('stop', 'log-generator'));
    const written = await writtenLines(stack);
    let stored = 0;
    await eventually(async () => {
      stored = await stack.count('soc-logs-*', OF_THE_GENERATOR).catch(() => 0);
      return stored >= written;
    });
    const missing = await eventuallyEmpty(() => alertsWithoutAnswer(stack));
    const alerts = (await readAll(stack, 'soc-alerts')).filter((one) => one['self_test'] !== true);
    const blocks = (await readAll(stack, 'soc-blocked-ips')).filter(
      (one) => one['kind'] === 'blocked',
    );
    say(
      `Lines written ${written}, events stored ${stored}, alerts ${alerts.length}, blocks ${blocks.length}, not answered ${missing}, dead letters ${await stack.count('soc-dead-letters')}`,
    );
    expect(stored).toBe(written);
    expect(missing).toBe(0);
    expect(await stack.count('soc-dead-letters')).toBe(0);
    expect(
      doubled(
        alerts.map(
          (one) =>
            `${textOf(one['rule_name'])} ${textOf(one['source_ip'])} ${textOf(one['first_seen'])}`,
        ),
      ),
    ).toEqual([]);
    expect(doubled(blocks.map((one) => textOf(one['alert_id'])))).toEqual([]);
    const blocking = alerts.filter((one) => {
      const answer = z.looseObject({ action: z.string().optional() }).parse(one['response']);
      return answer.action === 'block';
    });
    expect(blocking.length).toBeGreaterThan(0);
    const blocked = new Set(blocks.map((one) => textOf(one['source_ip'])));
    expect(blocking.filter((one) => !blocked.has(textOf(one['source_ip'])))).toEqual([]);
  });
});

async function killed(stack: ComposeStack, service: string): Promise<void> {
  await must(stack.compose('kill', '--signal', 'KILL', service));
}

async function stoppedAndStarted(stack: ComposeStack, service: string): Promise<void> {
  await must(stack.compose('stop', service));
  await must(stack.compose('start', service));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function doubled(keys: readonly string[]): readonly string[] {
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

async function healthOf(stack: ComposeStack): Promise<readonly string[]> {
  return (await stack.containers()).map((one) => `${one.Service} ${one.Health}`);
}

/** Complete lines of the generator's file. */
async function writtenLines(stack: ComposeStack): Promise<number> {
  const volume = `${stack.project}_logs:/logs:ro`;
  const { output } = await must(
    stack.docker(
      'run',
      '--rm',
      '-v',
      volume,
      '--entrypoint',
      'sh',
      'node:24-trixie-slim',
      '-c',
      'cat /logs/events.json* | wc -l',
    ),
  );
  return Number(output.trim());
}

const documentSchema = z.record(z.string(), z.unknown());
const hitsSchema = z.object({
  hits: z.object({ hits: z.array(z.record(z.string(), z.unknown())) }),
});

async function readAll(
  stack: ComposeStack,
  index: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await fetch(`${stack.urls.elasticsearch}/${index}/_search?size=10000`);
  return hitsSchema
    .parse(await answer.json())
    .hits.hits.map((hit) => documentSchema.parse(hit['_source']));
}

function alertsWithoutAnswer(stack: ComposeStack): Promise<number> {
  return stack.count('soc-alerts', 'response.state:pending').catch(() => -1);
}

async function eventually(question: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 6 * MINUTE_MS;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error(`Not true in time: ${question.toString()}`);
    await sleep(1000);
  }
}

async function eventuallyEmpty(count: () => Promise<number>): Promise<number> {
  const deadline = Date.now() + 3 * MINUTE_MS;
  let last = await count();
  while (last !== 0 && Date.now() < deadline) {
    await sleep(1000);
    last = await count();
  }
  return last;
}
