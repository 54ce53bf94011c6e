export { LINGER_MS, openDuckDbStore } from './open.ts';
export type { DuckDbStoreOptions } from './open.ts';
export { copyDatabase, inspectCopy, isDatabaseInUse } from './copy-database.ts';
export type { CopiedDatabase } from './copy-database.ts';
export { USUAL_MEMORY_MB } from './session.ts';
export { SCHEMA_VERSION } from './steps.ts';
export { columnTypeOf } from './mapping.ts';
