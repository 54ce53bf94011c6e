import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after the time, or when the signal is aborted. Without `ref` it keeps no process alive. */
export async function pause(
  ms: number,
  signal: AbortSignal,
  { ref = true }: { readonly ref?: boolean } = {},
): Promise<void> {
  await sleep(ms, undefined, { signal, ref }).catch(() => undefined);
}
