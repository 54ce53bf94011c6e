/**
 * Long loops that hold nobody up: a request waits for a stretch of them, never for all. What one round takes
 * is up to the text it is about, so a stretch has an end by the clock, too.
 */

/** Things done in one stretch, about 5 ms. */
const STRETCH = 1000;
/** Where single rounds take long. */
const STRETCH_MS = 10;

/**
 * To be awaited in each round of a loop of which `weight` rounds are a stretch by themselves. `clockMs` never
 * goes back.
 */
export function createPause(
  weight = STRETCH,
  clockMs: () => number = () => performance.now(),
): () => Promise<void> | undefined {
  let rounds = 0;
  let begunMs = clockMs();
  return () => {
    rounds += 1;
    if (rounds % weight !== 0 && clockMs() - begunMs < STRETCH_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        begunMs = clockMs();
        resolve();
      });
    });
  };
}
