/**
 * The address behind a command: sudo writes none, but the same user on the same host came in by ssh.
 * The latest login before the command is a good guess and is named as what it is.
 */
import type { Store } from '@mini-soc/store';
import type { Filter } from '@mini-soc/query';

export interface SessionAddress {
  readonly sourceIp: string;
  /** "ssh session of alice since 2026-11-21T03:40:00.000Z". */
  readonly origin: string;
}

const LOOK_BACK_MS = 12 * 3_600_000;

const is = (field: string, value: string, cased = false): Filter => ({
  kind: 'equals',
  field,
  value,
  cased,
});

/** Latest ssh login of the user on the host at or before this time, within 12 hours; undefined when there is none with an address. */
export async function findSessionAddress(
  store: Store,
  username: string,
  hostname: string,
  atMs: number,
): Promise<SessionAddress | undefined> {
  const [login] = await store.searchEvents({
    filter: {
      kind: 'all',
      of: [
        is('action', 'ssh_login'),
        is('status', 'success'),
        is('username', username, true),
        is('hostname', hostname, true),
        { kind: 'exists', field: 'source_ip' },
      ],
    },
    range: { fromMs: atMs - LOOK_BACK_MS, toMs: atMs + 1 },
    size: 1,
    order: 'newest',
  });
  if (login?.source_ip === undefined) return undefined;
  return {
    sourceIp: login.source_ip,
    origin: `ssh session of ${username.slice(0, 64)} since ${login['@timestamp']}`,
  };
}
