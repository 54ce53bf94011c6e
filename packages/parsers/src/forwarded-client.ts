/**
 * The client behind proxies that are named as ours (TRUSTED_PROXIES). Each proxy writes who spoke to it behind what it
 * was sent, so the last hop that is none of ours is the client; what stands before it the client can have written.
 */
import {
  isInRange,
  parseIpAddress,
  type IpAddress,
  type IpRange,
} from '@mini-soc/model/ip-address';
import { readAddressPort } from './address-port.ts';
import type { Draft } from './draft.ts';

/** Hops that are looked at, from the last one. */
const MAX_HOPS = 32;
/** Request, referrer, user agent, and behind them what a format of nginx's writes: X-Forwarded-For. */
const FIELDS_WITH_HOPS = 4;

/** Sets the client of a request whose peer is a proxy of ours, where the line names the hops; else nothing. */
export function takeForwardedClient(line: string, draft: Draft, proxies: readonly IpRange[]): void {
  const peer = draft.source_ip === undefined ? undefined : parseIpAddress(draft.source_ip);
  if (peer === undefined || !isOurs(peer, proxies)) return;
  const hops = hopsBehind(line) || hopsInFront(line);
  for (let i = hops.length - 1; i >= 0 && i >= hops.length - MAX_HOPS; i--) {
    const hop = readAddressPort((hops[i] as string).trim(), false);
    const address = hop === undefined ? undefined : parseIpAddress(hop.address);
    if (address === undefined) return;
    if (isOurs(address, proxies)) continue;
    draft.source_ip = address;
    delete draft.source_port;
    return;
  }
}

function isOurs(address: IpAddress, proxies: readonly IpRange[]): boolean {
  for (let i = 0; i < proxies.length; i++)
    if (isInRange(address, proxies[i] as IpRange)) return true;
  return false;
}

/** Of `ADDR, ADDR, ADDR - - [TIME] …`. */
function hopsInFront(line: string): readonly string[] {
  const hops: string[] = [];
  let at = 0;
  for (let i = 0; i < MAX_HOPS; i++) {
    const blank = line.indexOf(' ', at);
    if (blank < 0) break;
    const word = line.slice(at, blank);
    const isLast = word.charAt(word.length - 1) !== ',';
    hops.push(isLast ? word : word.slice(0, -1));
    if (isLast) break;
    at = blank + 1;
  }
  return hops;
}

/** Of `… "REQUEST" 200 1 "REFERRER" "AGENT" "ADDR, ADDR"`. Servers escape the quotes that a client sends. */
function hopsBehind(line: string): readonly string[] | undefined {
  if (line.charAt(line.length - 1) !== '"') return undefined;
  const quotes: number[] = [];
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) {
    if (line.charAt(at - 1) !== '\\') quotes.push(at);
    if (quotes.length > 2 * FIELDS_WITH_HOPS) return undefined;
  }
  if (quotes.length !== 2 * FIELDS_WITH_HOPS) return undefined;
  return line.slice((quotes[quotes.length - 2] as number) + 1, -1).split(',');
}
