/**
 * Every enforcement point there is. One local point is open at a time, the one RESPONSE_FIREWALL names, or
 * for `auto` the first that works, in this order; of remote ones as many as the settings name.
 */
import { IPTABLES } from './iptables.ts';
import { NFTABLES } from './nftables.ts';
import type { Point } from './point.ts';
import { UFW } from './ufw.ts';

export const POINTS: readonly Point[] = [NFTABLES, IPTABLES, UFW];
