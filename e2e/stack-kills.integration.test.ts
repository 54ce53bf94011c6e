/**
 * The stack while its parts die: during a steady attack each container in turn is killed, stopped and
 * started, then Elasticsearch is away for a time (ELASTICSEARCH_DOWN_SECONDS, default 20). At the end what
 * was written, stored, alerted and blocked is counted: nothing is lost, nothing is there twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { must, openComposeStack, whyNoLab, type ComposeStack } from './compose-stack.ts';

const MINUTE_MS = 60_000;
const DOWN_MS = 1000 * Number(process.env['ELASTICSEARCH_DOWN_SECONDS'] ?? '20');
const KILLED = ['filebeat', 'detection', 'response', 'enricher', 'console', 'log-generator'];
const say = (text: string): unknown => process.stderr.write(`${text}\n`);
if (whyNoLab !== undefined) say(whyNoLab);

describe.skipIf(whyNoLab !== undefined)('the stack when its parts die', () => {
  let stack: ComposeStack;

  beforeAll(async () => {
    stack = await openComposeStack(`soc-kills-${process.pid}`);
    say(`Lines are shipped by ${stack.filebeat}`);
    await must(stack.make('up'));
  }, 20 * MINUTE_MS);

  afterAll(async () => {
    if (stack !== undefined) await stack.make('down');
  }, 3 * MINUTE_MS);

  it('loses and doubles no event, alert or block', { timeout: 25 * MINUTE_MS }, async () => {
    await must(stack.make('scale', 'detection=2', 'enricher=2', 'response=2'));
    for (const service of KILLED) {
      await must(stack.compose('kill', '--signal', 'KILL', service));
      await sleep(2000);
      await must(stack.compose('start', service));
      await must(stack.compose('stop', service));
      await must(stack.compose('start', service));
    }
    await must(stack.compose('kill', '--signal', 'KILL', 'elasticsearch'));
    await sleep(DOWN_MS);
    await must(stack.compose('start', 'elasticsearch'));
    await eventually(async () => (await healthOf(stack)).every((one) => one.endsWith('healthy')));
    // The writing ends; what is on its way arrives.
    await must(stack.compose('stop', 'log-generator'));
    const written = await writtenLines(stack);
    let stored = 0;
    await eventually(async () => {
      stored = await stack.count('soc-logs-*').catch(() => 0);
      return stored >= written;
    });
    const missing = await eventuallyEmpty(() => alertsWithoutAnswer(stack));
    const alerts = await readAll(stack, 'soc-alerts');
    const blocks = (await readAll(stack, 'soc-blocked-ips')).filter(
      (one) => one['kind'] === 'blocked',
    );
    say(
      `Lines written ${written}, events stored ${stored}, alerts ${alerts.length}, blocks ${blocks.length}, not answered ${missing}`,
    );
    expect(stored).toBe(written);
    expect(missing).toBe(0);
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
