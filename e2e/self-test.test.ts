/** The self-test in a real process: every stage is passed, and nobody sees an attack. */
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createActor } from './attacker.ts';
import { eventually, newFolder, startSoc, type SocProcess } from './soc-process.ts';

const WITHIN_MS = 120_000;
const running: SocProcess[] = [];
afterEach(async () => {
  for (const soc of running.splice(0)) await soc.end('SIGKILL');
});

async function up(variables: Readonly<Record<string, string>>) {
  const folder = newFolder();
  const files = {
    auth: path.join(folder, 'auth.log'),
    ufw: path.join(folder, 'ufw.log'),
    web: path.join(folder, 'web-access.log'),
  };
  const soc = await startSoc(['--logs', files.auth], {
    data: path.join(folder, 'data'),
    variables,
  });
  running.push(soc);
  const metrics = async () => (await fetch(`${soc.url('detection')}/metrics`)).text();
  return { soc, files, metrics };
}

interface Shown {
  readonly parts: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly state: string;
  }[];
  readonly totals: { readonly alerts: number };
}

describe('the self-test', () => {
  it('passes in a running product and is no attack', async () => {
    const { soc, files, metrics } = await up({ SELF_TEST_INTERVAL: '5s' });
    await eventually(async () => (await metrics()).includes('\nsoc_selftest_ok 1\n'), WITHIN_MS);
    const text = await metrics();
    for (const stage of ['read', 'parse', 'store', 'detect', 'enrich', 'respond'])
      expect(text).toMatch(new RegExp(`soc_selftest_seconds\\{stage="${stage}"\\} \\d`));
    expect(text).toMatch(/\nsoc_ingest_lines_total 0\n/);
    createActor('203.0.113.7', files).failsSsh(6);
    // The block may be there before the alert is stored.
    await eventually(async () => (await soc.blocked()).length === 1, WITHIN_MS);
    await eventually(async () => (await soc.alerts()).length > 0, WITHIN_MS);
    expect((await soc.blocked()).map((block) => block.source_ip)).toEqual(['203.0.113.7']);
    expect((await soc.alerts()).map((alert) => alert.source_ip)).toEqual(['203.0.113.7']);
    const overview = async () =>
      (await (await fetch(`${soc.url('console')}/api/overview`)).json()) as Shown;
    expect((await overview()).totals.alerts).toBe(1);
    // On a busy machine one of its runs may have been late meanwhile.
    await expect
      .poll(async () => (await overview()).parts, { timeout: WITHIN_MS })
      .toContainEqual({
        name: 'self-test',
        ok: true,
        state: expect.stringMatching(/^Passed .* ago in \d+ ms$/),
      });
    expect(soc.output()).not.toContain('192.0.2.');
    const trail = await fetch(`${soc.url('detection')}/alerts?self_test=true`);
    expect(await trail.json()).toContainEqual(
      expect.objectContaining({
        status: 'closed',
        response: expect.objectContaining({
          state: 'refused',
          reason: 'Not blocked: it is reserved for the self-test',
        }),
      }),
    );
  });

  it('tells a line that was cut on the terminal and among the alerts', async () => {
    const { soc, files, metrics } = await up({});
    createActor('203.0.113.7', files).failsSsh(1, `invalid user ${'x'.repeat(9000)}`);
    await eventually(
      async () => (await soc.alerts()).some((alert) => alert.response.state !== 'pending'),
      WITHIN_MS,
    );
    expect(await soc.alerts()).toHaveLength(1);
    expect((await soc.alerts())[0]).toMatchObject({
      rule_name: 'PipelineLimitRule',
      entity: { limit: 'field_characters' },
      response: { state: 'done', action: 'ignore' },
    });
    expect(await metrics()).toContain('soc_limit_hits_total{limit="field_characters"} 1');
    await eventually(() => soc.output().includes('PipelineLimitRule'), WITHIN_MS);
  });
});
