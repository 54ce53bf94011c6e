/** How much memory the database may take of what the process has. */
import { USUAL_MEMORY_MB } from '@mini-soc/store/duckdb';

const MEBIBYTE = 1_048_576;
/** With less it cannot hold a large transaction. */
const LEAST_MB = 32;
/** The others: the engine of JavaScript, the program, the lines under way. */
const SHARE = 6;

/** `memoryBytes`: what the process may use; infinite where nothing limits it. */
export function storeMemoryMb(memoryBytes = Number.POSITIVE_INFINITY): number {
  return Math.max(LEAST_MB, Math.min(USUAL_MEMORY_MB, Math.floor(memoryBytes / SHARE / MEBIBYTE)));
}
