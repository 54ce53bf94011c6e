/**
 * The owner's door in a running `soc up`: whoever tries tokens is slowed and raises an alert of the product's own, and what a
 * person does stands in the trail with the name of his token, his address and the time.
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { alertSchema } from '@mini-soc/model';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createActor } from './attacker.ts';
import { eventually, newFolder, startSoc, type SocProcess } from './soc-process.ts';

const WITHIN_MS = 60_000;
const TOKEN = '4be1c07d93fa5286e1b7409dc83f65a24be1c07d93fa5286';
const LOOK = 'c5d0927be8314fa6d2790be5138c4fa6c5d0927be8314fa6';
const GUESSES = 8;

let soc: SocProcess | undefined;
afterEach(async () => {
  await soc?.end('SIGKILL');
});

async function up(): Promise<{ readonly running: SocProcess; readonly files: Files }> {
  const folder = newFolder();
  const files = {
    auth: path.join(folder, 'auth.log'),
    ufw: path.join(folder, 'ufw.log'),
    web: path.join(folder, 'web-access.log'),
  };
  for (const file of Object.values(files)) appendFileSync(file, '');
  soc = await startSoc(['--logs', ...Object.values(files)], {
    data: path.join(folder, 'data'),
    variables: { API_TOKEN: TOKEN, API_TOKEN_LOOK: LOOK, RESPONSE_PROOF: 'off' },
  });
  return { running: soc, files };
}
type Files = Parameters<typeof createActor>[1];

const call = (
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
) =>
  fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("the owner's door", () => {
  it(
    'raises an alert when tokens are tried, at the console and as bearer, and lets the owner in',
    async () => {
      const { running } = await up();
      const statuses = new Set<number>();
      for (let n = 0; n < GUESSES; n += 1) {
        const guess = `guess-number-${n}`;
        statuses.add(
          (await call(`${running.url('console')}/api/session`, 'POST', {}, { token: guess }))
            .status,
        );
        statuses.add(
          (await call(`${running.url('response')}/blocked`, 'DELETE', bearer(guess))).status,
        );
      }
      expect([...statuses]).toEqual([401]);
      const alerts = async () =>
        z
          .array(alertSchema)
          .parse(
            await (await call(`${running.url('detection')}/alerts`, 'GET', bearer(TOKEN))).json(),
          );
      await eventually(
        async () =>
          (await alerts()).filter((alert) => alert.rule_name === 'TokenGuessingRule').length > 0,
        WITHIN_MS,
      );
      const [told] = (await alerts()).filter((alert) => alert.rule_name === 'TokenGuessingRule');
      expect(told?.entity['source_ip']).toMatch(/^(?:127\.0\.0\.1|::1)$/);
      const metrics = await (
        await call(`${running.url('response')}/metrics`, 'GET', bearer(TOKEN))
      ).text();
      expect(metrics).toMatch(
        new RegExp(`^soc_token_failures_total (?:${GUESSES}|[1-9]\\d)$`, 'm'),
      );
    },
    3 * WITHIN_MS,
  );

  it(
    'writes down who signed in, unblocked, allowed and closed, from where and when',
    async () => {
      const { running, files } = await up();
      const started = new Date().toISOString();
      createActor('203.0.113.7', files).failsSsh(12);
      const read = async (url: string): Promise<unknown> =>
        (await call(url, 'GET', bearer(TOKEN))).json();
      const blocked = async () =>
        z
          .array(z.looseObject({ source_ip: z.string() }))
          .parse(await read(`${running.url('response')}/blocked`));
      await eventually(async () => (await blocked()).length > 0, WITHIN_MS);
      const [alert] = z.array(alertSchema).parse(await read(`${running.url('detection')}/alerts`));

      const signedIn = await call(
        `${running.url('console')}/api/session`,
        'POST',
        {},
        { token: TOKEN },
      );
      const cookie = String(signedIn.headers.get('set-cookie')).split(';')[0] ?? '';
      const done = [
        await call(`${running.url('console')}/api/blocks/203.0.113.7`, 'DELETE', { cookie }),
        await call(
          `${running.url('console')}/api/alerts/${alert?.alert_id ?? ''}`,
          'PATCH',
          { cookie },
          { status: 'closed' },
        ),
        await call(`${running.url('response')}/allowlist`, 'POST', bearer(TOKEN), {
          range: '198.51.100.0/28',
        }),
        await call(`${running.url('response')}/allowlist`, 'DELETE', bearer(TOKEN), {
          range: '198.51.100.0/28',
        }),
        // Who may look does nothing that could stand there.
        await call(`${running.url('response')}/blocked`, 'DELETE', bearer(LOOK)),
      ];
      expect(done.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 403]);

      const acts = async () =>
        z
          .array(
            z.looseObject({
              '@timestamp': z.string(),
              kind: z.string(),
              details: z.record(z.string(), z.unknown()),
            }),
          )
          .parse(await read(`${running.url('response')}/audit?size=100`))
          .filter((block) => block.details['by'] !== undefined);
      await eventually(async () => (await acts()).length >= 5, WITHIN_MS);
      const written = await acts();
      expect(written.map((act) => act.kind).toSorted()).toEqual(
        ['alert_changed', 'allowed', 'disallowed', 'signed_in', 'unblocked'].toSorted(),
      );
      for (const act of written) {
        expect([act.kind, act.details['by']]).toEqual([act.kind, 'operator']);
        expect(String(act.details['address'])).toMatch(/^(?:127\.0\.0\.1|::1)$/);
        expect(act['@timestamp'] >= started).toBe(true);
      }
    },
    4 * WITHIN_MS,
  );
});
