/**
 * Further ways to an app than the one port: the other loopback, a unix socket. They lead to the same routes
 * and end with the app.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { AppError } from '@mini-soc/model';
import type { HttpApp } from './http-app-instance.ts';
import type { ServerTls } from './tls.ts';

type Close = () => Promise<void>;

interface Known {
  readonly tls: ServerTls | undefined;
  readonly closes: Set<Close>;
}

const REQUEST_TIMEOUT_MS = 30_000;
const apps = new WeakMap<HttpApp, Known>();

/** Once for each app, when it is made. */
export function rememberListeners(app: HttpApp, tls: ServerTls | undefined): void {
  const closes = new Set<Close>();
  apps.set(app, { tls, closes });
  app.addHook('onClose', async () => {
    await Promise.all([...closes].map((close) => close()));
  });
}

/** Before `listenOn`, or after it. Rejects with the error of the socket. */
export async function openListener(
  app: HttpApp,
  at: { readonly host: string; readonly port: number } | { readonly path: string },
  options: { readonly onConnection?: (socket: Socket) => void; readonly afterClose?: Close } = {},
): Promise<void> {
  const known = apps.get(app);
  if (known === undefined) throw new AppError('INTERNAL', 'This app was not made by createHttpApp');
  await app.ready();
  const routing = (request: IncomingMessage, response: ServerResponse): void =>
    app.routing(request, response);
  const server: Server =
    known.tls === undefined || 'path' in at
      ? createServer(routing)
      : createTlsServer({ ...known.tls, minVersion: 'TLSv1.2' }, routing);
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  for (const listener of app.server.listeners('clientError'))
    server.on('clientError', listener as (error: Error, socket: Socket) => void);
  if (options.onConnection !== undefined) server.on('connection', options.onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  known.closes.add(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    await options.afterClose?.();
  });
}
