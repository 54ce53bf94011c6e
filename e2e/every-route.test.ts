/** Every route of every service that `soc up` opens: its headers, and what it takes to use it. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newFolder, startSoc, type SocProcess } from './soc-process.ts';

const ACT = randomBytes(24).toString('hex');
const LOOK = randomBytes(24).toString('hex');
const SERVICES = ['detection', 'response', 'enricher', 'console'] as const;
const openApiSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
/** A person without a token may ask whether it lives, load its pages, which show nothing, and sign in. */
const OPEN =
  /^(?:GET \/(?:health|ready|docs|docs\/static\/.*|viz|viz\/(?:assets\/)?\{file\}|api\/session)?|(?:POST|DELETE) \/api\/session)$/;

let soc: SocProcess;
beforeAll(async () => {
  const folder = newFolder();
  soc = await startSoc(['--logs', path.join(folder, 'auth.log')], {
    data: path.join(folder, 'data'),
    variables: { API_TOKEN: ACT, API_TOKEN_LOOK: LOOK },
  });
}, 120_000);
afterAll(() => soc.end('SIGKILL'));

async function routesOf(service: (typeof SERVICES)[number]): Promise<readonly string[]> {
  const answer = await fetch(`${soc.url(service)}/docs/json`, {
    headers: { authorization: `Bearer ${ACT}` },
  });
  const { paths } = openApiSchema.parse(await answer.json());
  const described = Object.entries(paths).flatMap(([route, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
  );
  return [
    ...described,
    'GET /docs',
    'GET /docs/static/index.html',
    'GET /nowhere',
    'POST /nowhere',
  ];
}

async function ask(service: (typeof SERVICES)[number], route: string, token?: string) {
  const [method = '', template = ''] = route.split(' ');
  const answer = await fetch(`${soc.url(service)}${template.replaceAll(/\{[^}]*\}/g, 'x')}`, {
    method,
    redirect: 'manual',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  await answer.body?.cancel();
  return answer;
}

describe.each(SERVICES)('every route of %s', (service) => {
  it('cannot be framed, and says nothing that a browser may guess about', async () => {
    for (const route of await routesOf(service)) {
      const { headers } = await ask(service, route, ACT);
      expect([route, headers.get('content-security-policy')]).toEqual([
        route,
        expect.stringContaining("frame-ancestors 'none'"),
      ]);
      expect([route, headers.get('x-content-type-options')]).toEqual([route, 'nosniff']);
    }
  });

  it('refuses a person without a token, and changes by one who may look', async () => {
    const routes = await routesOf(service);
    expect(routes.length).toBeGreaterThan(5);
    for (const route of routes.filter((one) => !OPEN.test(one) && !one.endsWith('/nowhere'))) {
      expect([route, (await ask(service, route)).status]).toEqual([route, 401]);
      if (!route.startsWith('GET '))
        expect([route, (await ask(service, route, LOOK)).status]).toEqual([route, 403]);
    }
  });
});
