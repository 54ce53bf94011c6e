/** Collections of garbage that V8 sees no reason for: its small objects hold memory and files of DuckDB. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');
setFlagsFromString('--no-expose-gc');

/** A millisecond or two. */
export function collectYoung(): void {
  if (typeof gc === 'function') gc({ type: 'minor' });
}

/** Some tens of milliseconds. */
export function collectAll(): void {
  if (typeof gc === 'function') gc();
}
