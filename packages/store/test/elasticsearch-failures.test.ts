/**
 * What the Elasticsearch store does when the server refuses, is overloaded or goes away. The server
 * here is a fake that answers as it is told; what a real one stores is tested in
 * elasticsearch.integration.test.ts.
 */
import { inspect } from 'node:util';
import { StoreError, UsageError } from '@mini-soc/model';
import { afterEach, describe, expect, it } from 'vitest';
import { openElasticsearchStore } from '../src/elasticsearch/index.ts';
import { sampleEvent } from './conformance.ts';
import { closeFakes, fakeElasticsearch, type Answer } from './fake-elasticsearch.ts';

type Bulk = (ids: readonly string[], bytes: number) => Answer;

afterEach(closeFakes);

/** A fake server; `bulk` answers bulks, `other` what it has an answer to. */
function fakeServer(
  bulk: Bulk,
  other: (path: string) => Answer | undefined = () => undefined,
): Promise<string> {
  return fakeElasticsearch(({ path, body }) => {
    const told = other(path);
    if (told !== undefined || !path.startsWith('/_bulk')) return told;
    const ids = [...body.matchAll(/^\{"create":\{"_index":"[^"]*","_id":"([^"]*)"/gm)].map(
      (match) => match[1] ?? '',
    );
    return bulk(ids, body.length);
  });
}

const retry = { attempts: 4, firstMs: 1, longestMs: 4 };
const items = (ids: readonly string[], status: (id: string) => number): Answer => ({
  body: {
    items: ids.map((id) => {
      const code = status(id);
      return {
        create: {
          status: code,
          ...(code < 300 ? {} : { error: { type: 'rejected_execution', reason: 'queue is full' } }),
        },
      };
    }),
  },
});
const events = (count: number, text = '') =>
  Array.from({ length: count }, (_, index) => sampleEvent(`e${index}`, { message: text }, index));

describe('an overloaded server', () => {
  it('gets only the refused documents again', async () => {
    const asked: (readonly string[])[] = [];
    const url = await fakeServer((ids) => {
      asked.push(ids);
      return items(ids, (id) => (asked.length < 3 && id !== 'e0' ? 429 : 201));
    });
    const store = await openElasticsearchStore({ url, retry });
    expect(await store.appendEvents(events(3))).toEqual({ stored: 3, duplicates: 0, rejected: [] });
    expect(asked).toEqual([
      ['e0', 'e1', 'e2'],
      ['e1', 'e2'],
      ['e1', 'e2'],
    ]);
    await store.close();
  });

  it('is asked again after 429, 503 and a lost connection', async () => {
    const troubles: Answer[] = [
      { status: 429, body: { error: { type: 'es_rejected_execution_exception', reason: 'x' } } },
      { status: 503, body: { error: { type: 'unavailable_shards_exception', reason: 'x' } } },
      { drop: true },
    ];
    const url = await fakeServer((ids) => troubles.shift() ?? items(ids, () => 201));
    const store = await openElasticsearchStore({ url, retry });
    expect((await store.appendEvents(events(2))).stored).toBe(2);
    expect(troubles).toEqual([]);
    await store.close();
  });

  it('is asked a bounded number of times, then the error says that waiting helps', async () => {
    let asked = 0;
    const url = await fakeServer((ids) => {
      asked += 1;
      return items(ids, (id) => (id === 'e1' ? 503 : 201));
    });
    const store = await openElasticsearchStore({ url, retry });
    await expect(store.appendEvents(events(2))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      retryable: true,
    });
    expect(asked).toBe(retry.attempts);
    await store.close();
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it('gets bulks of at most 5,000 documents and 5 MiB', async () => {
    const sizes: (readonly [number, number])[] = [];
    const url = await fakeServer((ids, bytes) => {
      sizes.push([ids.length, bytes]);
      return items(ids, () => 201);
    });
    const store = await openElasticsearchStore({ url, retry });
    await store.appendEvents(events(12_000));
    await store.appendEvents(events(30, 'x'.repeat(1_000_000)));
    expect(sizes.slice(0, 3).map(([count]) => count)).toEqual([5000, 5000, 2000]);
    expect(Math.max(...sizes.map(([, bytes]) => bytes))).toBeLessThanOrEqual(5 * 1_048_576);
    expect(sizes.slice(3)).toHaveLength(6);
    await store.close();
  });
});

describe('a server that refuses', () => {
  it.each([
    [403, 'security_exception', 'action is unauthorized', 'STORE_DENIED'],
    [429, 'cluster_block_exception', 'index has read-only-allow-delete block', 'STORE_DISK_FULL'],
    [400, 'validation_exception', 'this cluster has [1000]/[1000] shards open', 'STORE_FAILED'],
  ])(
    'a document with %d %s fails the append, and is no dead letter',
    async (status, type, reason, code) => {
      let asked = 0;
      const url = await fakeServer(() => {
        asked += 1;
        return { body: { items: [{ create: { status, error: { type, reason } } }] } };
      });
      const store = await openElasticsearchStore({ url, retry });
      await expect(store.appendEvents(events(1))).rejects.toMatchObject({ code, retryable: false });
      expect(asked).toBe(1);
      await store.close();
    },
  );
});

describe('openElasticsearchStore()', () => {
  const auth = { username: 'elastic', password: 'hunter2secret' };

  it.each([
    [
      401,
      /^Cannot open Elasticsearch at "http:\/\/127[^"]*": the credentials are refused \(correct/,
    ],
    [
      403,
      /^Cannot open Elasticsearch at "http:\/\/127[^"]*": the user lacks a privilege \(it needs/,
    ],
    [500, /^Cannot open Elasticsearch at "http:\/\/127[^"]*": HTTP 500/],
  ])('says in one sentence what %d means', async (status, wanted) => {
    const url = await fakeServer(
      () => ({}),
      () => ({ status, body: { error: { type: 'security_exception', reason: 'no' } } }),
    );
    const error: unknown = await openElasticsearchStore({ url, auth }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(wanted);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(
      /hunter2secret|ZWxhc3RpYzpodW50ZXIyc2VjcmV0/,
    );
  });

  it('says that nothing listens, without the credentials of the address', async () => {
    const error: unknown = await openElasticsearchStore({
      url: 'http://elastic:hunter2secret@127.0.0.1:9',
    }).catch((e: unknown) => e);
    expect(error).toMatchObject({
      message:
        'Cannot open Elasticsearch at "http://127.0.0.1:9": nothing listens there (start Elasticsearch, or correct the URL)',
      retryable: true,
    });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hunter2secret');
  });

  it('says that the server does not speak TLS', async () => {
    const url = (await fakeServer(() => ({}))).replace('http:', 'https:');
    await expect(openElasticsearchStore({ url })).rejects.toThrow(/it does not speak TLS/);
  });

  it('refuses an older server, a URL and a prefix that are none', async () => {
    const url = await fakeServer(
      () => ({}),
      (path) => (path === '/' ? { body: { version: { number: '7.17.1' } } } : undefined),
    );
    await expect(openElasticsearchStore({ url })).rejects.toThrow(/expected version 8\.19 or 9/);
    await expect(openElasticsearchStore({ url: 'elastic:9200' })).rejects.toThrow(
      /^Cannot open Elasticsearch: expected an http\(s\) URL .* current value is "elastic:9200"$/,
    );
    await expect(openElasticsearchStore({ url, prefix: '*' })).rejects.toThrow(UsageError);
  });

  it('never puts the credentials into a later error', async () => {
    const url = await fakeServer((ids) => items(ids, () => 201));
    const store = await openElasticsearchStore({ url, auth, retry });
    await closeFakes();
    const error: unknown = await store.appendEvents(events(1)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StoreError);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(
      /hunter2secret|ZWxhc3RpYzpodW50ZXIyc2VjcmV0/,
    );
    await store.close();
  });
});
