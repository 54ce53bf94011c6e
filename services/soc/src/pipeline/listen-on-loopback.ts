/** Where the services of the embedded mode listen: on the loopback interface only. */
import { listenOn, type HttpApp } from '@mini-soc/service-kit';

/** Listens on loopback and returns the URL. Throws UsageError for a port that is taken. */
export function listenOnLoopback(
  app: HttpApp,
  port: number,
  name: string,
  undo: (step: () => unknown) => void,
): Promise<string> {
  undo(() => app.close());
  return listenOn(app, { host: '127.0.0.1', port, name });
}
