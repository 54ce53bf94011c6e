/** Long loops that hold nobody up: a request waits for a stretch of them, never for all. */

/** How long a stretch may take, milliseconds. */
const STRETCH_MS = 5;
/** Rounds after which the clock is looked at. */
const LOOKED_AT_AFTER = 100;

/**
 * To be awaited in each round of a loop; the clock is looked at after every `rounds` of them, which together must
 * take less than a stretch.
 */
export function createPause(rounds = LOOKED_AT_AFTER): () => Promise<void> | undefined {
  let done = 0;
  let sinceMs = performance.now();
  return () => {
    done += 1;
    if (done % rounds !== 0 || performance.now() - sinceMs < STRETCH_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        sinceMs = performance.now();
        resolve();
      });
    });
  };
}
