/** Resolves after what waits for its turn: a long loop that awaits it now and then holds nobody up. */
export function letOthersRun(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
