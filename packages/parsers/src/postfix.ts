/**
 * Postfix: `warning: NAME[ADDR]: SASL METHOD authentication failed: …[, sasl_username=U]`, `ID: client=NAME[ADDR],
 * sasl_method=M, sasl_username=U`, and clients that are turned away, which are a `mail_event`. The name is that of the
 * client's address, without blanks or brackets; what it sends stands behind the address.
 */
import { parsePamOnly } from './any-program.ts';
import { bounded, readPort, setPort, type Draft } from './draft.ts';
import { login, refusal } from './login.ts';

/** `NAME[ADDR]:PORT`, postscreen leaves the name away. */
const CLIENT = /^(?:[^\s[\]]{1,255})?\[([0-9a-fA-F.:]{2,45})\](?::(\d{1,5}))?/;

/** Words in front of the client, and what they mean. */
const TURNED_AWAY: readonly (readonly [start: RegExp, reason: string])[] = [
  [/^(?:NOQUEUE|[0-9A-Za-z]{5,24}): (?:milter-)?reject: [A-Z][A-Z-]{2,15} from /, 'refused'],
  [/^(?:NOQUEUE: )?lost connection after [A-Z-]{2,16}(?: \([^()]{1,64}\))? from /, 'disconnected'],
  [/^improper command pipelining after [A-Z-]{2,16} from /, 'protocol_error'],
  [/^too many errors after [A-Z-]{2,16}(?: \([^()]{1,64}\))? from /, 'protocol_error'],
  [/^warning: (?:[A-Z][a-z ]{4,40}) rate limit exceeded: \d{1,10} from /, 'rate_limit'],
  [/^warning: non-SMTP command from /, 'protocol_error'],
  [/^PREGREET \d{1,6} after [0-9.]{1,12} from /, 'protocol_error'],
  [/^HANGUP after [0-9.]{1,12} from /, 'disconnected'],
  [/^COMMAND (?:TIME|COUNT|LENGTH) LIMIT from /, 'protocol_error'],
  [/^(?:NON-SMTP COMMAND|BARE NEWLINE|COMMAND PIPELINING) from /, 'protocol_error'],
];

export function parsePostfix(message: string, draft: Draft): boolean {
  draft.protocol = 'smtp';
  return (
    readFailure(message, draft) ||
    readAccepted(message, draft) ||
    readTurnedAway(message, draft) ||
    parsePamOnly(message, draft)
  );
}

function readFailure(message: string, draft: Draft): boolean {
  const failed =
    /^warning: [^\s[\]]{1,255}\[([0-9a-fA-F.:]{2,45})\](?::(\d{1,5}))?: SASL ([A-Za-z0-9-]{2,32}) authentication failed(?:: (Connection lost to|Invalid authentication mechanism))?/.exec(
      message.slice(0, 480),
    );
  // The server's own trouble, or a client that asks for what is not offered: no password was tried.
  if (failed === null || failed[4] !== undefined) return false;
  const userAt = message.lastIndexOf(', sasl_username=') + 16;
  if (userAt >= failed[0].length) draft.username = bounded(draft, message.slice(userAt));
  draft.auth_method = (failed[3] as string).toLowerCase();
  takePort(failed[2], draft);
  return login(draft, 'mail_login', false, failed[1]);
}

function readAccepted(message: string, draft: Draft): boolean {
  const accepted =
    /^[0-9A-Za-z]{5,24}: client=[^\s[\],]{1,255}\[([0-9a-fA-F.:]{2,45})\](?::\d{1,5})?, sasl_method=([A-Za-z0-9-]{2,32}), sasl_username=/.exec(
      message.slice(0, 400),
    );
  if (accepted === null) return false;
  draft.username = bounded(draft, message.slice(accepted[0].length));
  draft.auth_method = (accepted[2] as string).toLowerCase();
  return login(draft, 'mail_login', true, accepted[1]);
}

function readTurnedAway(message: string, draft: Draft): boolean {
  const unresolved =
    /^warning: hostname \S{1,255} does not resolve to address ([0-9a-fA-F.:]{2,45})(?::|$)/.exec(
      message.slice(0, 400),
    );
  if (unresolved !== null) {
    const peer = unresolved[1] as string;
    return refusal(
      draft,
      'mail_event',
      'name_mismatch',
      peer.charAt(peer.length - 1) === ':' ? peer.slice(0, -1) : peer,
    );
  }
  // `auth=0/2`: two logins were tried and none of them was right.
  const left =
    /^disconnect from [^\s[\]]{1,255}\[([0-9a-fA-F.:]{2,45})\](?::\d{1,5})?(?= [a-z0-9=/ ]{1,300}$)/.exec(
      message.slice(0, 640),
    );
  if (left !== null && message.indexOf(' auth=0/', left[0].length) > 0)
    return refusal(draft, 'mail_event', 'bad_password', left[1]);
  for (let i = 0; i < TURNED_AWAY.length; i++) {
    const [start, reason] = TURNED_AWAY[i] as (typeof TURNED_AWAY)[number];
    const head = start.exec(message.slice(0, 160));
    if (head === null) continue;
    const client = CLIENT.exec(message.slice(head[0].length, head[0].length + 340));
    if (client === null) return false;
    takePort(client[2], draft);
    return refusal(draft, 'mail_event', reason, client[1]);
  }
  return false;
}

function takePort(text: string | undefined, draft: Draft): void {
  const port = readPort(text || '');
  if (port > 0) setPort(draft, port);
}
