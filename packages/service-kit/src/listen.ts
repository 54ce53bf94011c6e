/** Opening a service's port, with a sentence for a person when that fails. */
import { messageOf, UsageError } from '@mini-soc/model';
import type { HttpApp } from './http-app.ts';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Of the service; its port setting is NAME_PORT. */
  readonly name: string;
}

/** Listens and returns the URL. Throws UsageError for a port that is taken. */
export async function listenOn(app: HttpApp, options: ListenOptions): Promise<string> {
  const { host, port, name } = options;
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const setting = `${name.toUpperCase()}_PORT`;
    if (code === 'EADDRNOTAVAIL')
      throw new UsageError(
        `Cannot open port ${port} for ${name}: ${host} is no address of this machine (correct LISTEN_HOST)`,
        { cause },
      );
    throw new UsageError(
      `Cannot open port ${port} for ${name}: ${code === 'EADDRINUSE' ? 'it is already in use' : messageOf(cause)} (set ${setting} to another port, or to 0 for a free one)`,
      { cause },
    );
  }
}
