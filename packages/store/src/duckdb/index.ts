export { LINGER_MS, openDuckDbStore } from './duckdb-store.ts';
export type { DuckDbStoreOptions } from './duckdb-store.ts';
export { copyDatabase, inspectCopy, isDatabaseInUse } from './copy-database.ts';
export type { CopiedDatabase } from './copy-database.ts';
export { SCHEMA_VERSION } from './steps.ts';
