/**
 * Search by vectors with the real model and a real Chroma, which is stopped, frozen and started again in the
 * middle. CHROMA_TOOL names the program that starts Chroma, MODEL_DIR the model; both default to what lies
 * beside the checkout. Without one of them, or without the libraries, it says so and skips.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { TECHNIQUES } from '@mini-soc/attack';
import { createLogger } from '@mini-soc/service-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildEnricher, type EnricherService } from '../src/app.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const VECTORS = path.join(ROOT, 'services/enricher/vectors');
const TOOL = process.env['CHROMA_TOOL'] ?? path.join(ROOT, '../shared/tools/chroma/chroma');
const MODEL = process.env['MODEL_DIR'] ?? path.join(ROOT, '../shared/reference/models');
const PORT = process.env['CHROMA_PORT'] ?? String(9500 + (process.pid % 400));
const NAME = `enricher-${process.pid}`;
const KINDS = path.join(ROOT, '../shared/reference/attack/alert-kinds.jsonl');
if (!existsSync(KINDS))
  process.stderr.write(`Skipped, for want of: the kinds of alert in ${KINDS}\n`);
const missing = [
  existsSync(path.join(VECTORS, 'node_modules')) ? '' : 'npm ci --prefix services/enricher/vectors',
  existsSync(TOOL) ? '' : `the program ${TOOL}`,
  existsSync(MODEL) ? '' : `the model in ${MODEL}`,
].filter((one) => one !== '');
if (missing.length > 0) process.stderr.write(`Skipped, for want of: ${missing.join(', ')}\n`);

const run = promisify(execFile);
const chroma = async (command: string): Promise<string> => {
  const options = command === 'start' ? ['--port', PORT] : [];
  return (await run(TOOL, [command, ...options, '--name', NAME])).stdout.trim();
};
const services: EnricherService[] = [];
let dataDirectory = '';

async function startEnricher(chromaUrl: string): Promise<EnricherService> {
  const service = await buildEnricher({
    settings: { token: '', retrieval: 'vectors', modelDirectory: MODEL, chromaUrl, dataDirectory },
    vectorsDirectory: VECTORS,
    rulesDirectories: [path.join(ROOT, 'rules')],
    logger: createLogger({ name: 'test', level: 'silent' }),
    version: 'test',
    now: () => new Date(),
  });
  services.push(service);
  await service.start();
  return service;
}

interface Health {
  readonly retrieval: string;
  readonly vectors?: string;
  readonly collection?: { readonly name: string; readonly count: number };
}

const health = async (service: EnricherService): Promise<Health> =>
  (await service.app.inject('/health')).json<Health>();
const degraded = async (service: EnricherService) =>
  (await service.app.inject('/ready')).json<{
    degraded: string[];
    parts: Record<string, string>;
  }>();
const enrich = async (service: EnricherService) =>
  (
    await service.app.inject({
      method: 'POST',
      url: '/enrich',
      payload: {
        rule_name: 'CronRule',
        severity: 'high',
        details: { summary: 'A user added a line to the crontab' },
      },
    })
  ).json<{ mitre_techniques: string[]; threat_confidence: number }>();

async function eventually(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 100));
}
const usesVectors = (service: EnricherService, place: string) =>
  eventually(async () => (await health(service)).vectors === place);

afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
});

describe.skipIf(missing.length > 0)('search by vectors', () => {
  let url = '';
  beforeAll(async () => {
    dataDirectory = mkdtempSync(path.join(tmpdir(), 'enricher-'));
    url = await chroma('start');
  }, 120_000);
  afterAll(async () => {
    rmSync(dataDirectory, { recursive: true });
    await chroma('wipe');
  });

  it('answers by words while the model is loaded, then from memory without Chroma', async () => {
    const service = await startEnricher('');
    expect((await health(service)).retrieval).toBe('words');
    expect((await degraded(service)).parts['retrieval']).toContain('is being loaded');
    expect((await enrich(service)).mitre_techniques).toContain('T1053.003');
    await usesVectors(service, 'memory');
    expect((await enrich(service)).mitre_techniques[0]).toBe('T1053.003');
    expect(await degraded(service)).toMatchObject({ degraded: [] });
  });

  it.skipIf(!existsSync(KINDS))('names a right technique for every kind of alert', async () => {
    const kindSchema = z.object({ query: z.string(), techniques: z.array(z.string()) });
    const kinds = readFileSync(KINDS, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => kindSchema.parse(JSON.parse(line)));
    const service = await startEnricher('');
    const wrong = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for (const { query, techniques } of kinds) {
        const payload = { rule_name: query, severity: 'high', details: {} };
        const answer = await service.app.inject({ method: 'POST', url: '/enrich', payload });
        const { mitre_techniques: named } = answer.json<{ mitre_techniques: string[] }>();
        if (!named.some((id) => techniques.includes(id))) found.push(query);
      }
      return found;
    };
    expect(kinds).toHaveLength(25);
    expect(await wrong()).toEqual([]);
    await usesVectors(service, 'memory');
    expect(await wrong()).toEqual([]);
  });

  it('fills one collection from two replicas that start at once, and a third finds it', async () => {
    const both = await Promise.all([startEnricher(url), startEnricher(url)]);
    await Promise.all(both.map((service) => usesVectors(service, 'Chroma')));
    const third = await startEnricher(url);
    await usesVectors(third, 'Chroma');
    const collections = await Promise.all(
      [...both, third].map(async (s) => (await health(s)).collection),
    );
    expect(new Set(collections.map((collection) => collection?.name)).size).toBe(1);
    expect(collections.map((collection) => collection?.count)).toEqual(
      Array.from({ length: 3 }, () => TECHNIQUES.length),
    );
  });

  it('gives the same answer from Chroma as from memory', async () => {
    const [stored, kept] = await Promise.all([startEnricher(url), startEnricher('')]);
    await usesVectors(stored, 'Chroma');
    await usesVectors(kept, 'memory');
    expect(await enrich(stored)).toEqual(await enrich(kept));
  });

  it('goes on in memory while Chroma is away, says so, and comes back to it', async () => {
    const service = await startEnricher(url);
    await usesVectors(service, 'Chroma');
    const before = await enrich(service);
    await chroma('stop');
    expect(await enrich(service)).toEqual(before);
    const state = await degraded(service);
    expect(state.degraded).toEqual(['chroma']);
    expect(state.parts['chroma']).toContain(`Chroma at ${url} is away`);
    await chroma('start');
    await usesVectors(service, 'Chroma');
    expect(await degraded(service)).toMatchObject({ degraded: [] });
    expect(await enrich(service)).toEqual(before);
  });

  it('does not wait for a Chroma that hangs', async () => {
    const service = await startEnricher(url);
    await usesVectors(service, 'Chroma');
    const before = await enrich(service);
    const pid = Number(/pid=(\d+)/.exec(await chroma('status'))?.[1]);
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await enrich(service)).toEqual(before);
      expect((await degraded(service)).parts['chroma']).toContain('no answer within 800 ms');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await usesVectors(service, 'Chroma');
  });
});
