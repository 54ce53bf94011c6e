/** Settings of response. */
import { setting } from './setting.ts';
import { duration, flag, levels, oneOf, ranges, whole } from './setting-values.ts';

/** The firewalls of this machine we can use, in the order in which `auto` tries them. */
export const FIREWALLS = ['nftables', 'iptables', 'ufw'] as const;

export const RESPONSE_SETTINGS = {
  RESPONSE_MODE: setting(
    oneOf(['simulate', 'enforce']),
    'simulate',
    'simulate: decide and record, touch no firewall; enforce: block in the firewall of this machine (needs NET_ADMIN)',
  ),
  RESPONSE_FIREWALL: setting(
    oneOf(['auto', ...FIREWALLS]),
    'auto',
    `Firewall of RESPONSE_MODE=enforce: auto (the first that works, in this order), ${FIREWALLS.slice(0, -1).join(', ')} or ${FIREWALLS.at(-1)}`,
  ),
  RESPONSE_REPLICA: setting(
    flag(),
    'false',
    'true lets several response processes share DATA_DIR: one acts, the others hand on to it',
  ),
  RESPONSE_LEVELS: setting(
    levels(),
    'low:ignore,medium:block,high:block,critical:block',
    'Answer per severity: ignore, ticket or block (a rule may allow less)',
  ),
  RESPONSE_ALLOWLIST: setting(
    ranges(),
    '',
    'Addresses and CIDR ranges that are never blocked, separated by commas',
  ),
  RESPONSE_BLOCK_PRIVATE: setting(
    flag(),
    'false',
    'true lets private ranges (10/8, 192.168/16, fc00::/7, …) be blocked',
  ),
  RESPONSE_BLOCKS_PER_MINUTE: setting(
    whole(1, 100_000),
    '300',
    'Breaker: most new blocks at once, and as many in each minute after',
  ),
  RESPONSE_PROOF: setting(
    oneOf(['auto', 'required', 'off']),
    'auto',
    'Whether lines that any account could write block only when a connection of the address was seen: required, off, or auto (required with RESPONSE_MODE=enforce; elsewhere the answer says what it would have been)',
  ),
  RESPONSE_MAX_ALERT_AGE: setting(
    duration(1000),
    '1h',
    'An alert whose last event is older never blocks',
  ),
  BLOCK_DURATION: setting(duration(1000), '1h', 'How long an address stays blocked the first time'),
  BLOCK_DURATION_MAX: setting(
    duration(1000),
    '7d',
    'Each further block of an address lasts twice as long as the one before, at most this; earlier blocks count as long',
  ),
} as const;
