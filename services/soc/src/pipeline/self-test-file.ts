import path from 'node:path';

/** A folder of its own: the store's files beside it would wake the tailer all the time. */
export function selfTestFileOf(dataDirectory: string): string {
  return path.resolve(dataDirectory, 'self-test', 'auth.log');
}
