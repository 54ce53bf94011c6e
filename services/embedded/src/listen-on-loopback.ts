/** Where the services of the embedded mode listen: on the loopback interface only. */
import { UsageError } from '@mini-soc/model';
import type { HttpApp } from '@mini-soc/service-kit';

const LOOPBACK = '127.0.0.1';

/** Listens on loopback and returns the URL. Throws UsageError for a port that is taken. */
export async function listenOnLoopback(
  app: HttpApp,
  port: number,
  name: string,
  undo: (() => Promise<unknown>)[],
): Promise<string> {
  undo.push(() => app.close());
  try {
    return await app.listen({ host: LOOPBACK, port });
  } catch (cause) {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const why = taken
      ? 'it is already in use'
      : cause instanceof Error
        ? cause.message
        : String(cause);
    throw new UsageError(
      `Cannot open port ${port} for ${name}: ${why} (set ${name.toUpperCase()}_PORT to another port, or to 0 for a free one)`,
      { cause },
    );
  }
}
