/** Long loops that hold nobody up: a request waits for a stretch of them, never for all. */

/** Things done in one stretch, about 5 ms. */
const STRETCH = 1000;

/** To be awaited in each round of a loop of which `weight` rounds are a stretch by themselves. */
export function createPause(weight = STRETCH): () => Promise<void> | undefined {
  let rounds = 0;
  return () => {
    rounds += 1;
    if (rounds % weight !== 0) return undefined;
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  };
}
