/**
 * Packets as appliances tell of them: Cisco's ASA (`%ASA-4-106023: Deny tcp src outside:A/P dst inside:B/P`, 106001,
 * 106006, 106010, 106014, 106015, 106100), MikroTik (`drop input: in:ether1 out:…, proto TCP (SYN), A:P->B:P, len 44`),
 * FortiGate (`type="traffic" srcip=A srcport=P dstip=B dstport=P proto=6 action="deny"`).
 */
import { readAddressPort } from './address-port.ts';
import { startsWith, type Draft } from './draft.ts';
import { takePacket } from './packet.ts';
import { readIsoTime, type TimeContext } from './timestamp.ts';

/** True when the message is a packet and the draft was filled in. */
export function parseAppliance(message: string, draft: Draft): boolean {
  const first = message.charAt(0);
  if (first === '%' || startsWith(message, ': %')) return cisco(message, draft);
  if (message.indexOf(' srcip=') > 0) return fortigate(message, draft);
  return message.indexOf('->') > 0 && mikrotik(message, draft);
}

function cisco(message: string, draft: Draft): boolean {
  const head = /^(?:: )?%(?:ASA|FTD|PIX)-(?:[a-z]{1,12}-)?\d-(\d{6}): /.exec(message.slice(0, 40));
  if (head === null) return false;
  const text = message.slice(head[0].length, head[0].length + 400);
  const deny =
    /^Deny (?:inbound )?(?:protocol )?(\S{1,16}) (?:\(no connection\) )?(?:src|from) (?:([\w.-]{1,48}):)?([0-9a-fA-F.:]{2,45})(?:\/(\d{1,5}))?(?:\([^)]{0,80}\))? (?:dst|to) (?:([\w.-]{1,48}):)?([0-9a-fA-F.:]{2,45})(?:\/(\d{1,5}))?/.exec(
      text,
    ) ||
    /^Inbound (TCP) connection denied from ()([0-9a-fA-F.:]{2,45})\/(\d{1,5}) to ()([0-9a-fA-F.:]{2,45})\/(\d{1,5})/.exec(
      text,
    ) ||
    /^access-list \S{1,64} denied (\w{1,16}) ([\w.-]{1,48})\/([0-9a-fA-F.:]{2,45})\((\d{1,5})\)(?:\([^)]{0,80}\))? -> ([\w.-]{1,48})\/([0-9a-fA-F.:]{2,45})\((\d{1,5})\)/.exec(
      text,
    );
  if (deny === null) return false;
  const flags = / flags ([A-Z ]{3,40})/.exec(text);
  return takePacket(
    {
      verdict: 'drop',
      protocol: deny[1] as string,
      inside: deny[2] || '',
      source: deny[3] as string,
      sourcePort: deny[4] || '',
      outside: deny[5] || '',
      destination: deny[6] as string,
      destinationPort: deny[7] || '',
      flags: flags === null ? '' : (flags[1] as string).replace(/ $/, ''),
    },
    draft,
  );
}

function mikrotik(message: string, draft: Draft): boolean {
  const match =
    / in:(\([^)]{0,40}\)|[^ ,]{1,48}) out:(\([^)]{0,40}\)|[^ ,]{1,48}),.{0,200}? proto ([\w-]{1,16})(?: \(([^)]{0,40})\))?, ([^ ,]{2,60})->([^ ,]{2,60})(?:, |$)/.exec(
      message.slice(0, 600),
    );
  if (match === null) return false;
  const source = readAddressPort(match[5] as string, true);
  const destination = readAddressPort(match[6] as string, true);
  if (source === undefined || destination === undefined) return false;
  // What the administrator called the rule stands before the chain.
  const prefix = message.slice(0, match.index);
  const length = /, len (\d{1,9})/.exec(message.slice(match.index, match.index + 600));
  return takePacket(
    {
      verdict: /drop|block|deny|reject/i.test(prefix)
        ? 'drop'
        : /accept|allow/i.test(prefix)
          ? 'allow'
          : 'none',
      protocol: match[3] as string,
      source: source.address,
      sourcePort: source.port < 0 ? '' : String(source.port),
      destination: destination.address,
      destinationPort: destination.port < 0 ? '' : String(destination.port),
      inside: interfaceOf(match[1] as string),
      outside: interfaceOf(match[2] as string),
      bytes: length === null ? '' : (length[1] as string),
      flags: /^tcp$/i.test(match[3] as string) ? (match[4] || '').replace(/,/g, ' ') : '',
    },
    draft,
  );
}

function interfaceOf(text: string): string {
  return text.charAt(0) === '(' ? '' : text;
}

const MAX_PAIRS = 128;
const PROTOCOLS: { readonly [number: string]: string } = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmpv6',
};

/** `name=value` and `name="value"`, read from the left, so that a value in quotes cannot hold a name. */
function fortigate(message: string, draft: Draft): boolean {
  const values: { [name: string]: string } = {};
  let at = 0;
  for (let i = 0; i < MAX_PAIRS && at < message.length; i++) {
    const equals = message.indexOf('=', at);
    if (equals < 0) break;
    const name = message.slice(at, equals);
    const isQuoted = message.charAt(equals + 1) === '"';
    const end = isQuoted ? message.indexOf('"', equals + 2) : message.indexOf(' ', equals + 1);
    const stop = end < 0 ? message.length : end;
    if (/^[a-z]{2,24}$/.test(name) && !Object.prototype.hasOwnProperty.call(values, name))
      values[name] = message.slice(equals + (isQuoted ? 2 : 1), stop);
    at = stop + 1;
    while (message.charAt(at) === ' ') at++;
  }
  if (values['type'] !== 'traffic') return false;
  const action = values['action'] || '';
  const protocol = values['proto'] || '';
  return takePacket(
    {
      verdict: /^(?:deny|blocked|dropped)$/.test(action)
        ? 'drop'
        : /^(?:accept|allowed|close|pass|passthrough|start)$/.test(action)
          ? 'allow'
          : 'none',
      protocol: PROTOCOLS[protocol] || protocol,
      source: values['srcip'] || '',
      sourcePort: values['srcport'] || '',
      destination: values['dstip'] || '',
      destinationPort: values['dstport'] || '',
      inside: values['srcintf'] || '',
      outside: values['dstintf'] || '',
    },
    draft,
  );
}

export function looksLikeFortigate(line: string): boolean {
  return line.slice(0, 5) === 'date=';
}

/** A line of FortiGate without a header; its time in milliseconds as its own words tell it, in the zone of its `tz`. */
export function parseFortigateLine(
  line: string,
  draft: Draft,
  context: TimeContext,
): number | undefined {
  const head = /^date=(\d{4}-\d\d-\d\d) time=(\d\d:\d\d:\d\d) /.exec(line.slice(0, 40));
  if (head === null || !fortigate(line, draft)) return undefined;
  const zone = / tz="([+-]\d\d):?(\d\d)"/.exec(line.slice(0, 2000));
  const offset = zone === null ? '' : (zone[1] as string) + ':' + (zone[2] as string);
  const time = readIsoTime((head[1] as string) + 'T' + (head[2] as string) + offset, 0, context);
  return time === undefined ? NaN : time.ms;
}
