/** The Compose files, .env.example and the table of settings say the same. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SERVICES, SETTINGS } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { COMPOSE_SETTINGS, PRODUCTION_SETTINGS } from './compose-settings.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const text = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8');
const compose = z
  .object({
    services: z.record(
      z.string(),
      z.looseObject({
        image: z.string(),
        environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
        ports: z.array(z.string()).default([]),
      }),
    ),
  })
  .parse(parse(text, { merge: true }));
const ours = Object.values(compose.services).filter((one) =>
  one.image.startsWith('${IMAGE_PREFIX'),
);
const settings: Readonly<Record<string, { readonly fallback: string }>> = SETTINGS;
/** Not for the stack: the embedded mode's, the shipper's, or of files that only production has. */
const ELSEWHERE = new Set([
  'DATA_DIR',
  'LOGS',
  'TRUSTED_HOSTS',
  'RULES_DIR',
  ...SERVICES.flatMap((one) =>
    'port' in one && !one.stack ? [`${one.name.toUpperCase()}_PORT`] : [],
  ),
  'LOG_TIME_ZONE',
  'PRODUCTION',
  'SECRETS_DIR',
  'MODEL_DIR',
  'RESPONSE_FIREWALL',
  // One value for each service: files of production.
  'CALL_TOKENS',
  'CALLER_TOKENS',
  ...Object.keys(SETTINGS).filter((name) =>
    /^(TLS_|ELASTICSEARCH_(?!URL)|KIBANA_(?!URL))/.test(name),
  ),
]);

describe('docker-compose.yml', () => {
  it('has the services and tags that users know', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(
      [
        ...['backup', 'chroma', 'elasticsearch', 'filebeat', 'kibana'],
        ...SERVICES.filter((one) => one.stack).map((one) => one.name),
      ].toSorted(),
    );
    for (const { image } of Object.values(compose.services)) {
      expect(image).toMatch(/:[\w.$-]/);
      expect(image).not.toMatch(/latest/);
    }
  });

  it('takes only variables that .env.example explains, with the same defaults', () => {
    const used = [...text.matchAll(/\$\{([A-Z_]+):-((?:\$\{[^}]*\}|[^}])*)\}/g)];
    expect(used.length).toBeGreaterThan(30);
    for (const [, name = '', fallback = ''] of used) {
      if (fallback.startsWith('${')) continue; // a range, or else the one port
      const known = settings[name]?.fallback ?? COMPOSE_SETTINGS[name]?.fallback;
      expect([name, fallback]).toEqual([name, known]);
    }
    for (const name of Object.keys(COMPOSE_SETTINGS)) expect(text).toContain(`\${${name}:-`);
  });

  it('gives every setting of the product to the service that has it', () => {
    const given = new Set(ours.flatMap((one) => Object.keys(one.environment)));
    const missing = Object.keys(SETTINGS).filter(
      (name) => !given.has(name) && !ELSEWHERE.has(name),
    );
    expect(missing).toEqual([]);
    expect([...given].filter((name) => settings[name] === undefined)).toEqual([]);
  });

  it('publishes ports on the loopback interface only', () => {
    const ports = Object.values(compose.services).flatMap((one) => one.ports);
    expect(ports.length).toBe(6);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

describe('docker-compose.prod.yml', () => {
  const production = readFileSync(path.join(ROOT, 'docker-compose.prod.yml'), 'utf8');

  it('takes only variables that .env.prod.example explains, with the same defaults', () => {
    const used = [...production.matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)];
    expect(used.length).toBeGreaterThan(20);
    for (const [, name = '', fallback = ''] of used) {
      const known =
        PRODUCTION_SETTINGS[name]?.fallback ??
        COMPOSE_SETTINGS[name]?.fallback ??
        settings[name]?.fallback;
      expect([name, fallback]).toEqual([name, known]);
    }
  });

  it('has no secret in it', () => {
    expect(production).not.toMatch(/(PASSWORD|API_KEY|TOKEN): (?!''$)\S/m);
  });
});
