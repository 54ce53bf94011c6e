/**
 * Long loops that hold nobody up: a request waits for a stretch of them, never for all. What one round takes
 * is up to the text it is about, so a stretch has an end by the clock, too.
 */

/** How long a stretch may take, milliseconds. */
const STRETCH_MS = 5;
/** Rounds after which the clock is looked at. */
const LOOKED_AT_AFTER = 10;

/**
 * To be awaited in each round of a loop; the clock, which never goes back, is looked at after every `rounds` of them,
 * which together must take less than a stretch.
 */
export function createPause(
  rounds = LOOKED_AT_AFTER,
  clockMs: () => number = () => performance.now(),
): () => Promise<void> | undefined {
  let done = 0;
  let sinceMs = clockMs();
  return () => {
    done += 1;
    if (done % rounds !== 0 || clockMs() - sinceMs < STRETCH_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        sinceMs = clockMs();
        resolve();
      });
    });
  };
}
