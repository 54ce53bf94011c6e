/**
 * The Elasticsearch store on a real server: ELASTICSEARCH_URL names it, ES_TOOL the program that kills
 * and starts it again. What is missing is skipped and said.
 */
import { Client } from '@elastic/elasticsearch';
import { afterAll, describe } from 'vitest';
import {
  openElasticsearchStore,
  type ElasticsearchStoreOptions,
} from '../src/elasticsearch/index.ts';
import { describeStore } from './conformance.ts';

const url = process.env['ELASTICSEARCH_URL'] ?? '';
const prefixes: string[] = [];

function open(options: Partial<ElasticsearchStoreOptions> = {}) {
  const prefix = `test-${process.pid}-${Date.now().toString(36)}-${prefixes.length}`;
  prefixes.push(prefix);
  return openElasticsearchStore({ url, prefix, ...options });
}

describe.skipIf(url === '')('Elasticsearch (ELASTICSEARCH_URL must be set)', () => {
  afterAll(async () => {
    const client = new Client({ node: url });
    for (const prefix of prefixes) {
      const { body } = { body: await client.indices.get({ index: `${prefix}-*` }) };
      const names = Object.keys(body);
      if (names.length > 0) await client.indices.delete({ index: names });
    }
    await client.indices.deleteIndexTemplate({ name: `test-${process.pid}-*` }, { ignore: [404] });
    await client.cluster.deleteComponentTemplate(
      { name: `test-${process.pid}-*` },
      { ignore: [404] },
    );
    await client.close();
  });
  describeStore('Elasticsearch', () => open());
});
