/**
 * One attempt to log in, several lines: `Invalid user`, `Failed password`, `maximum authentication attempts`,
 * `Connection closed by authenticating user` of one connection. Which of them come depends on version, methods and
 * LogLevel, so rules cannot say which to count. What earlier lines of the same file told of a connection decides:
 * the first line that tells of an attempt is the `ssh_login`, every other line of the same attempt an `ssh_event`.
 *
 * `Failed …` tells of one attempt each; the other lines tell of one only where nothing else did. A connection is a
 * process of a host, as long as address and port are the same. What is forgotten counts once more, never less.
 */
import { LIMITS } from '@mini-soc/model/limits';
import { startsWith, type Draft } from './draft.ts';

/** What was told of one connection. */
interface Connection {
  source_ip: string | undefined;
  source_port: number | undefined;
  /** A line about the user or PAM was counted whose `Failed …` may still come. */
  awaits: 'nothing' | 'verdict' | 'verdict_of_pam';
}

/** What is remembered of the connections in one file. */
export interface SshAttempts {
  readonly connections: { [process: string]: Connection | undefined };
  /** Processes in the order in which they came, a ring. */
  readonly order: string[];
  next: number;
}

const MOST = LIMITS.ssh_connections.value;

export function createSshAttempts(): SshAttempts {
  return {
    connections: Object.create(null) as SshAttempts['connections'],
    order: [],
    next: 0,
  };
}

/** Sets the action of an event of sshd or dropbear by what was told before; remembers what it tells. */
export function tellAttempt(message: string, draft: Draft, attempts: SshAttempts): void {
  if (draft.pid === undefined) return;
  const kind = kindOf(message, draft);
  const isEnd = isLastLine(message);
  if (kind === 'none' && !isEnd) return;
  const process = draft.pid + ' ' + (draft.hostname || '');
  const known = attempts.connections[process];
  const connection = known !== undefined && isSame(known, draft) ? known : undefined;
  if (isEnd && known !== undefined) attempts.connections[process] = undefined;
  if (kind === 'none') return;
  const awaited = connection === undefined ? 'nothing' : connection.awaits;
  let awaits: Connection['awaits'] = awaited;
  if (kind === 'begins') {
    draft.action = 'ssh_login';
    awaits = 'verdict';
  } else if (kind === 'verdict') {
    draft.action = awaited === 'nothing' ? 'ssh_login' : 'ssh_event';
    awaits = 'nothing';
  } else if (kind === 'verdict_of_pam') {
    draft.action = awaited === 'verdict' ? 'ssh_event' : 'ssh_login';
    awaits = 'verdict_of_pam';
  } else if (kind === 'hint') {
    draft.action = connection === undefined ? 'ssh_login' : 'ssh_event';
    if (connection === undefined) awaits = 'verdict';
  } else awaits = 'nothing';
  if (!isEnd) remember(attempts, process, draft, connection, awaits);
}

type Kind = 'begins' | 'verdict' | 'verdict_of_pam' | 'hint' | 'succeeds' | 'none';

/** Lines of a user who cannot log in come once in a connection, before anything else; hints come after it all. */
function kindOf(message: string, draft: Draft): Kind {
  if (draft.action === 'ssh_login')
    return draft.status === 'success'
      ? 'succeeds'
      : draft.status === 'failure'
        ? 'verdict'
        : 'none';
  if (draft.status !== 'failure') return 'none';
  if (draft.source_ip === undefined && draft.source_host === undefined) return 'none';
  if (draft.action === 'pam_auth')
    return startsWith(message, 'error: PAM: ') || startsWith(message, 'PAM: ')
      ? 'verdict_of_pam'
      : // `sshd(pam_unix)[N]:` is of a time when sshd said nothing of its own beside it.
        draft.program === 'sshd' && /^(?:\d{1,4} more )?authentication failures?;/.test(message)
        ? 'verdict'
        : 'none';
  if (draft.action !== 'ssh_event' || draft.username === undefined) return 'none';
  switch (draft.reason) {
    case 'not_allowed':
    case 'root_refused':
      return 'begins';
    case 'invalid_user':
      return startsWith(message, 'Invalid user ') || startsWith(message, 'Illegal user ')
        ? 'begins'
        : startsWith(message, 'Postponed ')
          ? 'none'
          : 'hint';
    case 'max_attempts':
    case 'preauth_close':
    case 'disconnected':
      return 'hint';
    default:
      return 'none';
  }
}

/** After these the process writes nothing more. */
function isLastLine(message: string): boolean {
  const first = message.charCodeAt(0);
  if (first !== 67 && first !== 68) return false; // C, D
  return (
    startsWith(message, 'Connection closed by ') ||
    startsWith(message, 'Connection reset by ') ||
    startsWith(message, 'Disconnected from ')
  );
}

function isSame(connection: Connection, draft: Draft): boolean {
  return (
    (draft.source_ip === undefined ||
      connection.source_ip === undefined ||
      draft.source_ip === connection.source_ip) &&
    (draft.source_port === undefined ||
      connection.source_port === undefined ||
      draft.source_port === connection.source_port)
  );
}

function remember(
  attempts: SshAttempts,
  process: string,
  draft: Draft,
  connection: Connection | undefined,
  awaits: Connection['awaits'],
): void {
  if (connection !== undefined) {
    connection.awaits = awaits;
    if (connection.source_port === undefined) connection.source_port = draft.source_port;
    return;
  }
  if (!(process in attempts.connections)) {
    const forgotten = attempts.order[attempts.next];
    if (forgotten !== undefined) delete attempts.connections[forgotten];
    attempts.order[attempts.next] = process;
    attempts.next = (attempts.next + 1) % MOST;
  }
  attempts.connections[process] = {
    source_ip: draft.source_ip,
    source_port: draft.source_port,
    awaits: awaits,
  };
}
