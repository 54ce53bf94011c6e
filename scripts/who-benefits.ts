/** Of limits whose order an attacker can choose: who gains when he uses them up. Part of docs/limits.md. */
import type { LimitName } from '@mini-soc/model';

export const WHO_BENEFITS: Readonly<Partial<Record<LimitName, string>>> = {
  blocks_per_minute:
    'Nobody for long: each block needs evidence against a further address, a quarter is kept for severe alerts, and what waits is asked again as soon as the next block fits.',
  room_of_64_percent:
    'Who owns a /64 and changes addresses in it: he waits for himself, others do not wait for him.',
  blocks_in_force:
    'Whoever comes after 100,000 blocked addresses: he is asked for again each minute, and blocked when one of them ends.',
  collateral_addresses:
    'Nobody from outside: the addresses that count are those of this machine, its gateways, the hosts of the settings and open sessions. Somebody with an account and sessions from five addresses can hold one rule back; it is told, with the addresses.',
  collateral_rules: 'Nobody: rules are ours, and there are fewer.',
  sessions_ms:
    'Nobody: who logs in meanwhile is blocked at most until the next comparison, and who logs out is protected two seconds longer.',
  session_processes:
    'An account of this machine that starts thousands of processes: who is logged in behind them may be blocked, as without this protection.',
  repeat_count: 'Nobody: what is claimed beyond it does not count, and the claim is told.',
  ssh_connections: 'Nobody: an attempt that was forgotten counts once more, against who made it.',
};
