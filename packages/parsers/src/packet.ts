/** What every line about a packet tells, whoever wrote it. */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { bounded, readPort, type Draft } from './draft.ts';

export interface Packet {
  readonly verdict: 'drop' | 'allow' | 'none';
  readonly source: string;
  readonly sourcePort: string;
  readonly destination: string;
  readonly destinationPort: string;
  readonly protocol: string;
  readonly inside?: string;
  readonly outside?: string;
  readonly bytes?: string;
  readonly flags?: string;
}

const ACTIONS = {
  drop: ['firewall_drop', 'blocked'],
  allow: ['firewall_allow', 'allowed'],
  none: ['firewall', 'info'],
} as const;

/** Fills in the draft; false when one of the addresses is none. */
export function takePacket(packet: Packet, draft: Draft): boolean {
  const source = readIpAddress(packet.source);
  const destination = readIpAddress(packet.destination);
  if (source === undefined || destination === undefined) return false;
  const action = ACTIONS[packet.verdict];
  draft.log_type = 'firewall';
  draft.action = action[0];
  draft.status = action[1];
  draft.source_ip = source.address;
  draft.destination_ip = destination.address;
  if (packet.protocol !== '') draft.protocol = packet.protocol.slice(0, 32).toLowerCase();
  const sourcePort = readPort(packet.sourcePort);
  const destinationPort = readPort(packet.destinationPort);
  if (sourcePort >= 0) draft.source_port = sourcePort;
  if (destinationPort >= 0) draft.destination_port = destinationPort;
  if (packet.inside) draft.interface_in = bounded(draft, packet.inside);
  if (packet.outside) draft.interface_out = bounded(draft, packet.outside);
  if (packet.bytes !== undefined && /^\d{1,9}$/.test(packet.bytes))
    draft.bytes = Number(packet.bytes);
  if (packet.flags) draft.tcp_flags = packet.flags;
  return true;
}

const LETTERS: { readonly [letter: string]: string } = {
  S: 'SYN',
  A: 'ACK',
  F: 'FIN',
  R: 'RST',
  P: 'PSH',
  U: 'URG',
  E: 'ECE',
  W: 'CWR',
  C: 'CWR',
};

/** `SA` → `SYN ACK`, as pf writes them. */
export function flagsOfLetters(letters: string): string {
  const flags: string[] = [];
  for (let i = 0; i < letters.length && i < 8; i++) {
    const flag = LETTERS[letters.charAt(i)];
    if (flag !== undefined) flags.push(flag);
  }
  return flags.join(' ');
}
