import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@mini-soc/service-kit';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { buildEnricher, type EnricherService } from '../app.ts';

const services: EnricherService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
});

async function build(token = '') {
  const webDirectory = mkdtempSync(path.join(tmpdir(), 'soc-viz-'));
  const service = await buildEnricher({
    settings: { token },
    store: createMemoryStore(),
    webDirectory,
    logger: createLogger({ name: 'test', level: 'silent' }),
    version: 'test',
    now: () => new Date('2026-03-01T10:30:00.000Z'),
  });
  services.push(service);
  return { app: service.app, webDirectory };
}

describe('GET /viz', () => {
  it('says that the page is not built, and gives it as soon as it is', async () => {
    const { app, webDirectory } = await build();
    const before = await app.inject('/viz');
    expect([before.statusCode, before.json<{ error: { code: string } }>().error.code]).toEqual([
      503,
      'PAGE_NOT_BUILT',
    ]);
    writeFileSync(path.join(webDirectory, 'index.html'), '<!doctype html><title>page</title>');
    const answer = await app.inject('/viz');
    expect(answer.statusCode).toBe(200);
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
  });

  it('shows the page without a token, and nothing of the data', async () => {
    const { app, webDirectory } = await build('a-token-of-the-test');
    writeFileSync(path.join(webDirectory, 'index.html'), '<!doctype html><title>page</title>');
    expect((await app.inject('/viz')).statusCode).toBe(200);
    expect((await app.inject('/viz/graph')).statusCode).toBe(401);
    const headers = { authorization: 'Bearer a-token-of-the-test' };
    expect((await app.inject({ url: '/viz/graph', headers })).json()).toEqual({
      nodes: [],
      links: [],
      alerts: 0,
      left_out: 0,
      has_older: false,
    });
  });

  it('gives no file outside its folder and refuses odd questions', async () => {
    const { app } = await build();
    const urls = ['/viz/../package.json', '/viz/%2e%2e/package.json', '/viz/graph?hours=-1'];
    const answers = await Promise.all(urls.map((url) => app.inject(url)));
    expect(answers.filter((answer) => answer.statusCode < 400)).toEqual([]);
  });
});
