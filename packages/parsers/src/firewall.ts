/**
 * Packet lines of the kernel (UFW, iptables, nftables `log`, firewalld, OpenWrt, Proxmox) and of ulogd: `[PREFIX]
 * IN=eth0 OUT= … SRC= DST= LEN= … PROTO=TCP SPT= DPT= … SYN`. The first value of a key is the packet's own; an ICMP error
 * carries another packet in brackets, which is not read.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { bounded, readPort, type Draft } from './draft.ts';

const TCP_FLAGS = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG', 'ECE', 'CWR'];
const MAX_WORDS = 64;

/** True when the message is a packet line and the draft was filled in. */
export function parseFirewall(message: string, draft: Draft): boolean {
  const inAt = findIn(message);
  if (inAt < 0) return false;
  const prefix = message.slice(0, inAt);
  const words = message.slice(inAt).split(' ', MAX_WORDS);
  const values: { [key: string]: string } = {};
  const flags: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word.charAt(0) === '[') break;
    const equals = word.indexOf('=');
    if (equals > 0) {
      const key = word.slice(0, equals);
      if (/^[A-Z]{2,10}$/.test(key) && !Object.prototype.hasOwnProperty.call(values, key))
        values[key] = word.slice(equals + 1);
    } else if (TCP_FLAGS.indexOf(word) >= 0) flags.push(word);
  }
  const source = values['SRC'] === undefined ? undefined : readIpAddress(values['SRC']);
  const destination = values['DST'] === undefined ? undefined : readIpAddress(values['DST']);
  if (source === undefined || destination === undefined) return false;
  draft.log_type = 'firewall';
  classify(prefix, draft);
  draft.source_ip = source.address;
  draft.destination_ip = destination.address;
  if (values['PROTO'] !== undefined && values['PROTO'] !== '')
    draft.protocol = values['PROTO'].slice(0, 32).toLowerCase();
  const sourcePort = readPort(values['SPT'] || '');
  const destinationPort = readPort(values['DPT'] || '');
  if (sourcePort >= 0) draft.source_port = sourcePort;
  if (destinationPort >= 0) draft.destination_port = destinationPort;
  if (values['IN']) draft.interface_in = bounded(draft, values['IN']);
  if (values['OUT']) draft.interface_out = bounded(draft, values['OUT']);
  if (/^\d{1,9}$/.test(values['LEN'] || '')) draft.bytes = Number(values['LEN']);
  if (flags.length > 0) draft.tcp_flags = flags.join(' ');
  return true;
}

/** A prefix of iptables has at most 29 characters, one of nftables 127; a clock and a host may stand before it. */
const MAX_PREFIX = 256;

/**
 * Where the packet begins: the first `IN=`, to which a prefix without a blank behind it is glued (`DROPIN=eth0`,
 * `"filter_IN_public_REJECT: "IN=eth0`), with what the kernel writes behind it. NFLOG leaves `OUT=` away.
 */
function findIn(message: string): number {
  for (
    let at = message.indexOf('IN=');
    at >= 0 && at < MAX_PREFIX;
    at = message.indexOf('IN=', at + 1)
  )
    if (/^IN=[^ ="]{0,32} (?:OUT=|PHYSIN=|MAC=|SRC=)/.test(message.slice(at, at + 64))) {
      // Behind a letter only what nobody but the kernel writes: `MAIN=1 SRC=` is another's.
      if (!/[A-Za-z0-9]/.test(message.charAt(at - 1)) || message.indexOf(' OUT=', at) > 0)
        return at;
    }
  return -1;
}

/** What the rule's prefix says was done; without a word for it there is no verdict. */
function classify(prefix: string, draft: Draft): void {
  draft.action = 'firewall';
  draft.status = 'info';
  if (/\bAUDIT\b/.test(prefix)) return;
  // EdgeOS and UniFi name the rule and what it did: [WAN_LOCAL-default-D], [WAN_LOCAL-D-2147483647].
  const verdict = /\[[A-Za-z0-9_-]{1,64}-([ADR])(?:-\d{1,10})?\]/.exec(prefix);
  const letter = verdict === null ? '' : verdict[1];
  if (
    letter === 'D' ||
    letter === 'R' ||
    (letter === '' && /BLOCK|DROP|DENY|DENIED|REJECT/i.test(prefix))
  ) {
    draft.action = 'firewall_drop';
    draft.status = 'blocked';
  } else if (letter === 'A' || /ALLOW|ACCEPT/i.test(prefix)) {
    draft.action = 'firewall_allow';
    draft.status = 'allowed';
  }
}
