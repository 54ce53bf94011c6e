/** scanlogd: `ADDR[:PORT] to ADDR ports 80, 81, …, FLAGS, TOS 00, TTL 49 @20:44:43`. It reports, it stops nothing. */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { setAddressPort } from './address-port.ts';
import { readPort, type Draft } from './draft.ts';

/** True when the message is a report of a scan and the draft was filled in. */
export function parseScanlogd(message: string, draft: Draft): boolean {
  const match = /^(\S{2,64}) to (\S{2,64}) ports? ([\d, ]{1,400})/.exec(message.slice(0, 600));
  if (match === null || !setAddressPort(draft, match[1] as string, false)) return false;
  draft.log_type = 'network';
  draft.action = 'port_scan';
  draft.status = 'info';
  const destination = readIpAddress(match[2] as string);
  if (destination !== undefined) draft.destination_ip = destination.address;
  const ports = (match[3] as string).split(', ').filter((text) => readPort(text) >= 0);
  if (ports.length > 0) draft.extra = { ports: ports.map(Number) };
  return true;
}
