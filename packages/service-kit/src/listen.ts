/** Opening a service's port, with a sentence for a person when that fails. */
import { messageOf, UsageError } from '@mini-soc/model';
import type { HttpApp } from './http-app.ts';
import { openListener } from './listeners.ts';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Of the service; its port setting is NAME_PORT. */
  readonly name: string;
}

/** A machine without that family has no door there. */
const ABSENT: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Listens and returns the URL. On loopback it takes the port of both families, or a stranger on the other one
 * would answer whoever asks for `localhost`. Throws UsageError for a port that is taken.
 */
export async function listenOn(app: HttpApp, options: ListenOptions): Promise<string> {
  const { host, port, name } = options;
  const sibling = host === '127.0.0.1' ? '::1' : host === '::1' ? '127.0.0.1' : undefined;
  let url: string;
  try {
    url = await app.listen({ host, port });
  } catch (cause) {
    throw refusalOf(cause, options);
  }
  if (sibling === undefined) return url;
  try {
    await openListener(app, { host: sibling, port: Number(new URL(url).port) });
  } catch (cause) {
    const code = codeOf(cause) ?? '';
    // A free port of one family need not be free in the other; then nobody was promised it.
    const isGood = ABSENT.has(code) || (port === 0 && code === 'EADDRINUSE');
    if (!isGood) throw refusalOf(cause, { host: sibling, port, name });
  }
  return url;
}

function refusalOf(cause: unknown, { host, port, name }: ListenOptions): UsageError {
  const code = codeOf(cause);
  if (code === 'EADDRNOTAVAIL')
    return new UsageError(
      `Cannot open port ${port} for ${name}: ${host} is no address of this machine (correct LISTEN_HOST)`,
      { cause },
    );
  const setting = `${name.toUpperCase()}_PORT`;
  return new UsageError(
    `Cannot open port ${port} for ${name}: ${code === 'EADDRINUSE' ? 'it is already in use' : messageOf(cause)} (set ${setting} to another port, or to 0 for a free one)`,
    { cause },
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
