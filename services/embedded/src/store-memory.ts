/** How much memory the database may take of what the process has. */
const MEBIBYTE = 1_048_576;
/** With less it cannot hold a large transaction, more does not make it faster. */
const LEAST_MB = 32;
const MOST_MB = 64;
/** The others: the engine of JavaScript, the program, the lines under way. */
const SHARE = 6;

/** `memoryBytes`: what the process may use; infinite where nothing limits it. */
export function storeMemoryMb(memoryBytes = Number.POSITIVE_INFINITY): number {
  return Math.max(LEAST_MB, Math.min(MOST_MB, Math.floor(memoryBytes / SHARE / MEBIBYTE)));
}
