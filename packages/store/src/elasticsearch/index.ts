export { openElasticsearchStore } from './open.ts';
export type { ElasticsearchStore, ElasticsearchStoreOptions } from './open.ts';
export type { ElasticsearchAuth, RetryPolicy } from './connection.ts';
export { typeOf } from './mapping.ts';
