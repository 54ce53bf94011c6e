/**
 * pf's packets as filterlog of pfSense and OPNsense writes them: `RULE,SUB,ANCHOR,TRACKER,INTERFACE,REASON,ACTION,
 * DIRECTION,4,TOS,ECN,TTL,ID,OFFSET,FLAGS,6,tcp,LENGTH,SOURCE,DESTINATION,PORT,PORT,DATA,FLAGS,…`; for IPv6
 * `…,6,CLASS,LABEL,HOPS,PROTOCOL,NUMBER,LENGTH,SOURCE,DESTINATION,…`. No field holds what a sender can write freely.
 */
import type { Draft } from './draft.ts';
import { flagsOfLetters, takePacket } from './packet.ts';

const MAX_FIELDS = 40;

/** True when the message is a packet and the draft was filled in. */
export function parseFilterlog(message: string, draft: Draft): boolean {
  const fields = message.split(',', MAX_FIELDS);
  const at = (index: number): string => fields[index] || '';
  const version = at(8);
  if (version !== '4' && version !== '6') return false;
  const protocol = version === '4' ? at(16) : at(12);
  const address = version === '4' ? 18 : 15;
  const hasPorts = /^(?:tcp|udp)$/i.test(protocol);
  const verdict = at(6) === 'block' ? 'drop' : at(6) === 'pass' ? 'allow' : 'none';
  const isIn = at(7) === 'in';
  return takePacket(
    {
      verdict: verdict,
      source: at(address),
      destination: at(address + 1),
      sourcePort: hasPorts ? at(address + 2) : '',
      destinationPort: hasPorts ? at(address + 3) : '',
      protocol: protocol,
      inside: isIn ? at(4) : '',
      outside: isIn ? '' : at(4),
      bytes: at(address - 1),
      flags: /^tcp$/i.test(protocol) ? flagsOfLetters(at(address + 5)) : '',
    },
    draft,
  );
}
