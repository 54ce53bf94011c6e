import { TECHNIQUES } from '@mini-soc/attack';
import { createLogger } from '@mini-soc/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEnricher, type EnricherService } from './app.ts';

let service: EnricherService;
beforeAll(async () => {
  service = await buildEnricher({
    settings: { token: '' },
    logger: createLogger({ name: 'test', level: 'silent' }),
    version: 'test',
    now: () => new Date(),
  });
});
afterAll(async () => service.stop());

const enrich = (payload: unknown) =>
  service.app.inject({ method: 'POST', url: '/enrich', payload: payload as object });

describe('POST /enrich', () => {
  it('answers declared techniques first, certain', async () => {
    const answer = await enrich({
      rule_name: 'BruteForceRule',
      source_ip: '203.0.113.7',
      severity: 'high',
      details: {},
      tags: ['attack.t1110.001'],
    });
    expect(answer.json()).toMatchObject({
      mitre_techniques: expect.arrayContaining(['T1110.001']),
      threat_confidence: 1,
      mitre_tactics: expect.arrayContaining(['Credential Access']),
    });
    expect(answer.json<{ mitre_techniques: string[] }>().mitre_techniques[0]).toBe('T1110.001');
  });

  it('finds techniques by the words of an alert without tags', async () => {
    const answer = await enrich({
      rule_name: 'BruteForceRule',
      source_ip: '203.0.113.7',
      severity: 'high',
      details: {},
    });
    const body = answer.json<{
      mitre_techniques: string[];
      threat_confidence: number;
      mitre_urls: string[];
    }>();
    expect(body.mitre_techniques.some((id) => id.startsWith('T1110'))).toBe(true);
    expect(body.threat_confidence).toBeGreaterThanOrEqual(0.35);
    expect(body.mitre_urls[0]).toMatch(/^https:\/\/attack\.mitre\.org\//);
  });

  it('answers emptily when nothing fits', async () => {
    expect((await enrich({ rule_name: 'zzzz', severity: 'low' })).json()).toEqual({
      mitre_techniques: [],
      mitre_tactics: [],
      mitre_urls: [],
      threat_confidence: 0,
      threat_summary: '',
    });
  });

  it.each([
    [{}, 'rule_name'],
    [{ rule_name: 'x', severity: 'CRITICAL!!' }, 'severity'],
    [{ rule_name: 'x', severity: 'low', detials: {} }, 'body'],
    [{ rule_name: 'x'.repeat(300), severity: 'low' }, 'rule_name'],
  ])('refuses %j and names the field', async (payload, name) => {
    const answer = await enrich(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ error: { message: string } }>().error.message).toContain(name);
  });

  it('refuses a body of 2 MB', async () => {
    expect(
      (await enrich({ rule_name: 'x', severity: 'low', details: { a: 'x'.repeat(2_000_000) } }))
        .statusCode,
    ).toBe(413);
  });
});

describe('GET /collection and /search', () => {
  it('list and find techniques', async () => {
    expect(
      (await service.app.inject('/collection')).json<unknown[]>().length,
    ).toBeGreaterThanOrEqual(40);
    const found = (await service.app.inject('/search?q=port%20scan%20nmap&size=5')).json<
      { id: string }[]
    >();
    expect(found.map((technique) => technique.id)).toContain('T1046');
    expect((await service.app.inject('/search?q=x&size=1000')).statusCode).toBe(400);
  });
});

describe('GET /health and /ready', () => {
  it('say that techniques are found by words, which is all that was asked for', async () => {
    expect((await service.app.inject('/health')).json()).toMatchObject({
      retrieval: 'words',
      techniques: TECHNIQUES.length,
    });
    expect((await service.app.inject('/ready')).json()).toEqual({
      ready: true,
      parts: { retrieval: `${TECHNIQUES.length} techniques, found by words` },
      degraded: [],
    });
  });

  it('say why vectors that are wanted are not there, and words answer', async () => {
    const wanting = await buildEnricher({
      settings: { token: '', retrieval: 'vectors', chromaUrl: 'http://127.0.0.1:1' },
      vectorsDirectory: '/nonexistent',
      logger: createLogger({ name: 'test', level: 'silent' }),
      version: 'test',
      now: () => new Date(),
    });
    await wanting.start();
    await new Promise((resolve) => setImmediate(resolve));
    const ready = (await wanting.app.inject('/ready')).json<{
      parts: { retrieval: string };
      degraded: string[];
    }>();
    expect(ready.parts.retrieval).toContain('npm ci --prefix services/enricher/vectors');
    expect(ready.degraded).toEqual(['retrieval']);
    const answer = await wanting.app.inject({
      method: 'POST',
      url: '/enrich',
      payload: { rule_name: 'BruteForceRule', severity: 'high' },
    });
    expect(answer.json<{ mitre_techniques: string[] }>().mitre_techniques.length).toBeGreaterThan(
      0,
    );
    await wanting.stop();
  });
});
