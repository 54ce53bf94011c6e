/** What names a service, a port or a route by hand says what the list of services says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SERVICES, SETTINGS, type ServiceFacts } from '@mini-soc/model';
import { MEMBERS } from '@mini-soc/setup';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { renderArchitecture } from './generated-documents.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const services: readonly ServiceFacts[] = SERVICES;
const listening = services.flatMap(({ name, port }) =>
  port === undefined ? [] : [{ name, port }],
);
const settingOf = (name: string, end: 'PORT' | 'URL') => `${name.toUpperCase()}_${end}`;

/** What Compose calls each of our services, and what it gives it. */
function readCompose(file: string) {
  const tags = ['reset', 'override'].flatMap((name) => [
    { tag: `!${name}`, resolve: (value: unknown) => value, collection: 'seq' as const },
    { tag: `!${name}`, resolve: (value: unknown) => value, collection: 'map' as const },
  ]);
  return z
    .object({
      services: z.record(
        z.string(),
        z.looseObject({
          image: z.string().optional(),
          build: z.looseObject({ args: z.record(z.string(), z.string()).optional() }).optional(),
          environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
          ports: z.array(z.string()).optional(),
          profiles: z.array(z.string()).optional(),
          restart: z.string().optional(),
        }),
      ),
    })
    .parse(parse(read(file), { merge: true, customTags: tags })).services;
}

/** Routes of the sources, as `METHOD /path`. */
function routesOf(service: string): readonly string[] {
  const folder = path.join(ROOT, 'services', service, 'src');
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'));
  return code.flatMap((text) =>
    [
      ...text.matchAll(/\bapp\s*\.(get|post|put|patch|delete)(?:<[^(]*?>)?\(\s*['`](\/[^'`]*)/g),
    ].map(([, method = '', route = '']) => `${method.toUpperCase()} ${route}`),
  );
}

describe('SERVICES', () => {
  it('SERVICES has each folder of services/, and each name and port once', () => {
    const folders = readdirSync(path.join(ROOT, 'services')).filter((name) =>
      existsSync(path.join(ROOT, 'services', name, 'package.json')),
    );
    expect(services.map(({ name }) => name).toSorted()).toEqual(folders.toSorted());
    expect(new Set(listening.map(({ port }) => port)).size).toBe(listening.length);
    expect(listening.length).toBeGreaterThan(4);
  });

  it('SERVICES names only services that can be called', () => {
    const called = new Set(
      services.filter((one) => one.urlText !== undefined).map((one) => one.name),
    );
    for (const { calls } of services) for (const name of calls) expect([...called]).toContain(name);
  });

  it.each(services.filter(({ port }) => port !== undefined))(
    'SERVICES has the routes of $name',
    ({ name, endpoints }) => {
      expect([...new Set(routesOf(name))].toSorted()).toEqual(endpoints.toSorted());
    },
  );

  it.each(services.filter(({ name }) => name !== 'soc'))(
    'SERVICES says what the process of $name asks of its environment',
    ({ name }) => {
      expect(read(`services/${name}/src/main.ts`)).toContain(`uses: usesOf('${name}'),`);
    },
  );

  it.each(services.filter((one) => one.production && one.runs === 'stays'))(
    'SERVICES and the set-up of a production installation agree about $name',
    ({ name, port, store }) => {
      const member = MEMBERS.find((one) => one.name === name);
      expect([member?.answers ?? false, member?.token !== undefined]).toEqual([
        port !== undefined,
        port !== undefined,
      ]);
      expect(member?.user?.role !== undefined).toBe(store);
    },
  );
});

describe('docker/health.mjs', () => {
  it('docker/health.mjs asks each service on its port', () => {
    const [, text = ''] = /const PORTS = \{([^}]*)\}/.exec(read('docker/health.mjs')) ?? [];
    const ports = [...text.matchAll(/'?([a-z-]+)'?: (\d+)/g)].map(([, name, port]) => ({
      name,
      port: Number(port),
    }));
    expect(ports.toSorted((a, b) => a.port - b.port)).toEqual(
      listening.toSorted((a, b) => a.port - b.port),
    );
  });
});

describe('docker-compose.yml', () => {
  const compose = readCompose('docker-compose.yml');
  const ours = services.filter(({ stack }) => stack);

  it('docker-compose.yml builds each service of the stack, and no other', () => {
    const built = Object.entries(compose).flatMap(([name, { build }]) =>
      build?.args?.['SERVICE'] === undefined ? [] : [`${name} ${build.args['SERVICE']}`],
    );
    expect(built.toSorted()).toEqual(ours.map(({ name }) => `${name} ${name}`).toSorted());
  });

  it.each(ours.filter(({ port }) => port !== undefined))(
    'docker-compose.yml gives $name its port, and publishes it under it',
    ({ name, port }) => {
      const { environment = {}, ports = [] } = compose[name] ?? {};
      expect(environment[settingOf(name, 'PORT')]).toBe(port);
      expect(ports).toHaveLength(1);
      expect(ports[0]).toMatch(new RegExp(`${settingOf(name, 'PORT')}:-${port}\\}+:${port}$`));
      expect(String(environment['HOST_NAMES'])).toMatch(new RegExp(`^${name}\\b`));
    },
  );

  it.each([
    ['docker-compose.yml', 'http'],
    ['docker-compose.prod.yml', 'https'],
  ])('%s says where each service is reached', (file, scheme) => {
    const text = read(file);
    for (const { name, port, urlText } of services) {
      const [, url] = new RegExp(`^  ${settingOf(name, 'URL')}: (.*)$`, 'm').exec(text) ?? [];
      const published = `\${${settingOf(name, 'PORT')}:-${port}}`;
      if (urlText === undefined) expect(url).toBeUndefined();
      else
        expect([`${scheme}://${name}:${port}`, `${scheme}://${name}:${published}`]).toContain(url);
    }
  });

  it('docker-compose.prod.yml leaves out what production does not run, and adds what only it does', () => {
    const production = readCompose('docker-compose.prod.yml');
    for (const { name, stack, production: runs } of services)
      if (stack && !runs) expect([name, production[name]?.profiles?.length]).toEqual([name, 1]);
      else if (runs && stack) expect([name, production[name]?.profiles]).toEqual([name, undefined]);
      else if (runs) expect(production[name]?.build?.args?.['SERVICE']).toBe(name);
      else expect(production[name]).toBeUndefined();
  });
});

describe('Makefile', () => {
  const makefile = read('Makefile');

  it('Makefile waits for all that stay', () => {
    const [, text = ''] = /^STAYING = (.*)$/m.exec(makefile) ?? [];
    const compose = readCompose('docker-compose.yml');
    const ending = services.filter(({ runs }) => runs === 'ends').map(({ name }) => name);
    const staying = Object.entries(compose)
      .filter(([name, { profiles }]) => profiles === undefined && !ending.includes(name))
      .map(([name]) => name);
    expect(text.split(' ').toSorted()).toEqual(staying.toSorted());
  });

  it('Makefile starts in production what production runs', () => {
    const left = services.filter((one) => one.stack && !one.production).map(({ name }) => name);
    expect(makefile).toContain(`$(filter-out ${left.join(' ')},$(STAYING))`);
  });

  it('Makefile prints addresses with the ports of the list', () => {
    const named = [...makefile.matchAll(/\$\$\{([A-Z]+)_PORT:-(\d+)\}/g)].filter(
      ([, name = '']) => `${name}_PORT` in SETTINGS,
    );
    expect(named.length).toBeGreaterThan(1);
    for (const [, name = '', port] of named)
      expect(listening).toContainEqual({ name: name.toLowerCase(), port: Number(port) });
  });
});

describe('documents', () => {
  it('README.md and docs/architecture.md name each port of the stack', () => {
    const sentence = /Each service has a REST API([\s\S]*?)\.\n/.exec(read('README.md'))?.[1] ?? '';
    for (const { name, port, stack } of services)
      if (stack && port !== undefined)
        expect(sentence).toMatch(new RegExp(`${name}\\son\\s(port\\s)?${port}`));
    for (const { name } of listening)
      expect(read('docs/architecture.md')).toContain(`\`${settingOf(name, 'PORT')}\``);
  });

  it('renderArchitecture() refuses a text without the place for the table', async () => {
    await expect(renderArchitecture('# Architecture\n')).rejects.toThrow(/marks around the table/);
  });
});
