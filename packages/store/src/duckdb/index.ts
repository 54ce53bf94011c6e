export { LINGER_MS, openDuckDbStore } from './duckdb-store.ts';
export type { DuckDbStoreOptions } from './duckdb-store.ts';
