export { openElasticsearchStore } from './elasticsearch-store.ts';
export type { ElasticsearchStore, ElasticsearchStoreOptions } from './elasticsearch-store.ts';
export type { ElasticsearchAuth, RetryPolicy } from './connection.ts';
