/**
 * Whom this machine lives with: hosts of the addresses in its own settings, next hops of all routing
 * tables, its networks, its way to IPv4 hosts, and people who are logged in. Names and routes are asked anew once a minute; what
 * was learned last stays when an answer does not come. Sessions are read when they are asked for.
 */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import {
  LIMITS,
  parseIpAddress,
  parseIpRange,
  type IpAddress,
  type IpRange,
} from '@mini-soc/model';
import { withTimeLimit } from '@mini-soc/service-kit';
import { runCommand, type RunCommand } from '../enforce/run-command.ts';
import { IPV4_ONLY_NAME, readNat64Prefix, type Nat64Prefix } from './nat64.ts';
import { sshSessionPeers } from './ssh-sessions.ts';

export type GuardedCode = 'named' | 'gateway' | 'session';

export interface Guarded {
  /** Why each of them is protected. */
  readonly addresses: ReadonlyMap<
    IpAddress,
    { readonly code: GuardedCode; readonly reason: string }
  >;
  /** Networks this machine is part of. */
  readonly onLink: readonly IpRange[];
  /** By which this network reaches IPv4 hosts; absent: by none but the well-known one. */
  readonly nat64?: readonly Nat64Prefix[];
}

export interface Surroundings {
  /** As it was a few seconds ago at most. Asking never waits. */
  readonly present: () => Guarded;
  /** Asks for names and routes; resolves when that is done, or takes too long. Never rejects. */
  readonly refresh: () => Promise<void>;
}

export interface SurroundingsOptions {
  /** By the setting that has it. */
  readonly urls: ReadonlyMap<string, string>;
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Addresses of IPV4_ONLY_NAME; absent: the translator of the network is not asked for. */
  readonly resolveIpv4Only?: () => Promise<readonly string[]>;
  /** Starts `ip`; absent: routes are not asked for. */
  readonly run?: RunCommand;
  readonly sessions?: () => readonly IpAddress[];
  readonly networks?: () => readonly string[];
  readonly monotonicMs: () => number;
}

const REMEMBERED_MS = LIMITS.sessions_ms.value;
const PATIENCE_MS = 3000;
const MAX_ADDRESSES = LIMITS.named_addresses.value;

/** The settings that say where somebody is, as `*_URL`, and what they say. */
export function urlsOf(settings: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(settings).flatMap(([name, value]): [string, string][] =>
      name.endsWith('_URL') && typeof value === 'string' && value !== '' ? [[name, value]] : [],
    ),
  );
}

/** Of a process with these settings, on this machine. */
export function surroundingsOf(
  settings: Readonly<Record<string, unknown>>,
  monotonicMs: () => number,
): Surroundings {
  return createSurroundings({
    urls: urlsOf(settings),
    resolveIpv4Only: async () => resolveHost(IPV4_ONLY_NAME),
    run: runCommand,
    monotonicMs,
  });
}

export function createSurroundings(options: SurroundingsOptions): Surroundings {
  const resolve = options.resolve ?? resolveHost;
  /** By setting; what was found last. */
  const named = new Map<string, readonly IpAddress[]>();
  let gateways: readonly IpAddress[] = [];
  let nat64: readonly Nat64Prefix[] = [];
  let known: Guarded = { addresses: new Map(), onLink: [] };
  let knownAtMs = Number.NEGATIVE_INFINITY;

  const askName = async (setting: string, url: string): Promise<void> => {
    const host = hostOf(url);
    if (host === undefined) return;
    const literal = parseIpAddress(host);
    const found =
      literal === undefined
        ? (await resolve(host)).flatMap((text) => parseIpAddress(text) ?? [])
        : [literal];
    if (found.length > 0) named.set(setting, found.slice(0, MAX_ADDRESSES));
  };
  const askRoutes = async (): Promise<void> => {
    const { run } = options;
    if (run === undefined) return;
    const tables = await Promise.all(
      ['-4', '-6'].map(async (family) =>
        run('ip', ['-j', family, 'route', 'show', 'table', 'all']),
      ),
    );
    gateways = tables.flatMap(nextHops);
  };
  const askNat64 = async (): Promise<void> => {
    const { resolveIpv4Only } = options;
    if (resolveIpv4Only === undefined) return;
    const answers = (await resolveIpv4Only()).slice(0, MAX_ADDRESSES);
    nat64 = answers.flatMap((text) => {
      const address = parseIpAddress(text);
      return address === undefined ? [] : (readNat64Prefix(address) ?? []);
    });
  };
  const look = (): Guarded => {
    const addresses = new Map<IpAddress, { code: GuardedCode; reason: string }>();
    for (const address of (options.sessions ?? sshSessionPeers)())
      addresses.set(address, {
        code: 'session',
        reason: 'somebody is logged in by ssh from it at present',
      });
    for (const address of gateways)
      addresses.set(address, { code: 'gateway', reason: 'it is a next hop of a routing table' });
    for (const [setting, list] of named)
      for (const address of list)
        addresses.set(address, { code: 'named', reason: `it is the host of ${setting}` });
    return { addresses, onLink: (options.networks ?? ownNetworks)().flatMap(networkOf), nat64 };
  };
  return {
    present() {
      if (options.monotonicMs() - knownAtMs < REMEMBERED_MS) return known;
      known = look();
      knownAtMs = options.monotonicMs();
      return known;
    },
    async refresh() {
      const work = [...options.urls].map(async ([setting, url]) => askName(setting, url));
      const all = Promise.allSettled([...work, askRoutes(), askNat64()]);
      await withTimeLimit(all, PATIENCE_MS, 'It takes long').catch(() => undefined);
      knownAtMs = Number.NEGATIVE_INFINITY;
    },
  };
}

async function resolveHost(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function hostOf(url: string): string | undefined {
  try {
    const { hostname } = new URL(url);
    return hostname === '' ? undefined : hostname.replace(/^\[|\]$/g, '');
  } catch {
    return undefined;
  }
}

/** Addresses with their prefix, as the system writes them. */
function ownNetworks(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ internal, cidr }) => (internal || cidr === null ? [] : [cidr])),
  );
}

/** Wider ones than these hold strangers: a link of such a width is a mistake, or a tunnel to everywhere. */
const WIDEST_LINK = { 4: 16, 6: 48 } as const;

/** The network of an interface's address; none for a single address. */
export function networkOf(cidr: string): readonly IpRange[] {
  const [body = '', digits = ''] = cidr.split('/');
  const whole = parseIpRange(body);
  const prefix = Number(digits);
  if (whole === undefined || !/^\d{1,3}$/.test(digits) || prefix >= whole.prefix) return [];
  if (prefix < WIDEST_LINK[whole.family]) return [];
  const width = whole.family === 4 ? 8 : 16;
  const parts = whole.parts.map((part, index) => {
    const inside = Math.max(0, Math.min(width, prefix - index * width));
    return part & ~((1 << (width - inside)) - 1);
  });
  const address =
    whole.family === 4 ? parts.join('.') : parts.map((part) => part.toString(16)).join(':');
  const range = parseIpRange(`${address}/${prefix}`);
  return range === undefined ? [] : [range];
}

/** Gateways in the answer of `ip -j route`, those of several ways and of the other family, too. */
export function nextHops(answer: string): readonly IpAddress[] {
  let routes: unknown;
  try {
    routes = JSON.parse(answer);
  } catch {
    return [];
  }
  const found = new Set<IpAddress>();
  const read = (value: unknown, depth: number): void => {
    if (depth > 4 || typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const one of value) read(one, depth + 1);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      const address =
        typeof inner === 'string' && ['gateway', 'host'].includes(key)
          ? parseIpAddress(inner)
          : undefined;
      if (address !== undefined) found.add(address);
      else if (key === 'via' || key === 'nexthops') read(inner, depth + 1);
    }
  };
  read(routes, 0);
  return [...found];
}
