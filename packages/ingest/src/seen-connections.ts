/**
 * Which addresses the kernel had a connection of. A line in a text file says nothing of its writer: any account of the
 * machine can have syslog write what sshd writes. The connection of the address it accuses cannot be had for the
 * asking, so it is looked for in /proc/net/tcp and tcp6 when such a line comes, and remembered for a while: the line
 * that counts is written before the client is answered, but the connection may be over when it is read.
 *
 * Only what was established counts. A connection that is half open (SYN_RECV) was begun by a packet, and a packet's
 * sender is what somebody wrote into it. To be read the tables need no rights and no module; they are those of the
 * network that this process lives in.
 */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { LIMITS, parseIpAddress } from '@mini-soc/model';

export interface SeenConnections {
  /** False when the tables cannot be read: then nobody can say. */
  readonly canSee: () => boolean;
  /** To be called when lines come, before `has`: reads the tables if that is long ago, else `has` may. */
  readonly look: () => void;
  /**
   * Whether the address had a connection within the memory: to one of these ports of this machine, or to any, when
   * none is named or nobody listens at them.
   */
  readonly has: (address: string, ports?: readonly number[]) => boolean;
}

export interface SeenConnectionsOptions {
  /** A clock that never goes back, milliseconds. */
  readonly monotonicMs: () => number;
  /** The text of a table; undefined when it cannot be read. Default: that of /proc/net. */
  readonly readTable?: (name: 'tcp' | 'tcp6') => string | undefined;
}

const REMEMBERED_MS = LIMITS.connections_remembered_ms.value;
const MAX_REMEMBERED = LIMITS.connections_remembered.value;
/** Whoever was seen so short a time ago is not looked for again; what is over must be seen before it is gone. */
const YOUNG_MS = 5000;
/** A look may take one part in so many of the time: tables of 100,000 connections take long. */
const SHARE = 10;
/** States as <net/tcp_states.h> numbers them, that need no finished handshake. */
const LISTEN = '0A';
const NEVER_ESTABLISHED = new Set(['02', '03', '07', LISTEN, '0C']);

export function createSeenConnections(options: SeenConnectionsOptions): SeenConnections {
  const readTable = options.readTable ?? readKernelTable;
  /** Peer and local port → when it was seen last; the oldest first. */
  const seen = new Map<string, number>();
  const tables = { tcp: newTable(), tcp6: newTable() };
  let isReadable = false;

  const take = (table: Table, text: string, nowMs: number): void => {
    table.listening = new Set();
    for (const { peer, port, state } of rowsOf(text)) {
      if (state === LISTEN) table.listening.add(port);
      if (peer === undefined || NEVER_ESTABLISHED.has(state)) continue;
      for (const key of [`${peer} ${port}`, peer]) {
        seen.delete(key);
        seen.set(key, nowMs);
      }
    }
  };
  const forget = (nowMs: number): void => {
    for (const [key, atMs] of seen) {
      if (seen.size <= MAX_REMEMBERED && nowMs - atMs <= REMEMBERED_MS) return;
      seen.delete(key);
    }
  };
  const read = (name: 'tcp' | 'tcp6'): void => {
    const table = tables[name];
    const beganMs = options.monotonicMs();
    if (!table.isDue || beganMs < table.nextReadMs) return;
    table.isDue = false;
    table.readMs = beganMs;
    const text = readTable(name);
    if (name === 'tcp') isReadable = text !== undefined;
    take(table, text ?? '', beganMs);
    forget(beganMs);
    const endedMs = options.monotonicMs();
    table.nextReadMs = endedMs + (endedMs - beganMs) * SHARE;
  };
  const listenedAt = (ports: readonly number[]): readonly number[] =>
    ports.filter((port) => tables.tcp.listening.has(port) || tables.tcp6.listening.has(port));
  const wasSeen = (
    address: string,
    ports: readonly number[] | undefined,
    withinMs: number,
  ): boolean => {
    const sinceMs = options.monotonicMs() - withinMs;
    const isFresh = (key: string): boolean =>
      (seen.get(key) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
    return ports === undefined || ports.length === 0
      ? isFresh(address)
      : ports.some((port) => isFresh(`${address} ${port}`));
  };
  for (const name of NAMES) read(name);
  return {
    canSee: () => isReadable,
    look() {
      const longAgoMs = options.monotonicMs() - YOUNG_MS;
      for (const name of NAMES) {
        tables[name].isDue = true;
        if (tables[name].readMs < longAgoMs) read(name);
      }
    },
    has(address, ports) {
      // A dual socket has its IPv4 peers in the table of IPv6.
      for (const name of address.includes(':') ? NAMES.slice(1) : NAMES) {
        // A service that nobody knew a moment ago may have begun to listen.
        const isKnown = ports === undefined || listenedAt(ports).length > 0;
        if (isKnown && wasSeen(address, ports, YOUNG_MS)) return true;
        read(name);
      }
      return wasSeen(address, ports === undefined ? ports : listenedAt(ports), REMEMBERED_MS);
    },
  };
}

interface Table {
  /** It may have changed since it was read. */
  isDue: boolean;
  readMs: number;
  nextReadMs: number;
  /** Ports of this machine at which somebody listens. */
  listening: Set<number>;
}

const NAMES = ['tcp', 'tcp6'] as const;

function newTable(): Table {
  return { isDue: true, readMs: -Infinity, nextReadMs: -Infinity, listening: new Set() };
}

function readKernelTable(name: 'tcp' | 'tcp6'): string | undefined {
  try {
    return readFileSync(`/proc/net/${name}`, 'latin1');
  } catch {
    return undefined;
  }
}

interface Row {
  /** As events name it; undefined for none. */
  readonly peer: string | undefined;
  readonly port: number;
  readonly state: string;
}

function* rowsOf(table: string): Generator<Row> {
  // `   0: 0100007F:0016 0207A8C0:A89F 01 …`
  let at = table.indexOf('\n') + 1;
  while (at > 0 && at < table.length) {
    const end = table.indexOf('\n', at);
    const row = table.slice(at, end < 0 ? undefined : end);
    at = end < 0 ? 0 : end + 1;
    const [, local = '', peer = '', state = ''] = row.trimStart().split(' ', 4);
    const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16);
    if (Number.isInteger(port))
      yield { peer: addressOf(peer.slice(0, peer.indexOf(':'))), port, state };
  }
}

const IS_LITTLE = endianness() === 'LE';

/** The kernel prints words of 32 bits as numbers of the machine. */
function addressOf(hex: string): string | undefined {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/.test(hex)) return undefined;
  const words = (hex.match(/.{8}/g) ?? []).map((word) =>
    IS_LITTLE ? (word.match(/../g) ?? []).toReversed().join('') : word,
  );
  const [first = ''] = words;
  return words.length === 1
    ? parseIpAddress((first.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.'))
    : parseIpAddress((words.join('').match(/.{4}/g) ?? []).join(':'));
}
