/**
 * Who is logged in by ssh at this moment, from the kernel alone: the peers of connections that are held
 * by a process of sshd which says that it serves a session. sshd sets that title after authentication;
 * before it the title ends in `[preauth]`, `[net]` or `[priv]`, so that one who only guesses passwords
 * is never taken for one who is in. Linux only, and of all users only for root; else there are none.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { LIMITS, parseIpAddress, type IpAddress } from '@mini-soc/model';

/** Processes looked at, and open files of one that serves a session. */
const MAX_PROCESSES = LIMITS.session_processes.value;
const MAX_FILES = LIMITS.session_files.value;
const SESSION =
  /^sshd(?:-session)?: [^\s@[\]]{1,64}@(?:notty|pts\/\d{1,6}(?:,pts\/\d{1,6}){0,20})$/;
const PROGRAM = /^\/(?:usr\/|opt\/)(?:[\w.-]+\/){0,6}(?:sshd|sshd-session)(?: \(deleted\))?$/;
const ESTABLISHED = '01';

/** Peers of open sessions. `proc`: where the process file system is mounted. */
export function sshSessionPeers(proc = '/proc'): readonly IpAddress[] {
  const sockets = new Set(sessionProcesses(proc).flatMap((pid) => socketsOf(proc, pid)));
  if (sockets.size === 0) return [];
  const peers = ['net/tcp', 'net/tcp6'].flatMap((table) => {
    const text = attempt(() => readFileSync(path.join(proc, table), 'utf8'), '');
    return connections(text).flatMap(({ inode, peer }) => (sockets.has(inode) ? [peer] : []));
  });
  return [...new Set(peers)];
}

/** Whether sshd gives itself this title when somebody is logged in. */
export function isSessionTitle(title: string): boolean {
  return SESSION.test(title);
}

function sessionProcesses(proc: string): readonly string[] {
  return attempt(() => readdirSync(proc), [])
    .filter((name) => /^\d{1,10}$/.test(name))
    .slice(0, MAX_PROCESSES)
    .filter((pid) => {
      const folder = path.join(proc, pid);
      const title = attempt(() => readFileSync(path.join(folder, 'cmdline'), 'utf8'), '');
      if (!isSessionTitle((title.split('\0')[0] ?? '').trimEnd())) return false;
      // Every account can give a process a title, not the program.
      return PROGRAM.test(attempt(() => readlinkSync(path.join(folder, 'exe')), ''));
    });
}

function socketsOf(proc: string, pid: string): readonly string[] {
  const folder = path.join(proc, pid, 'fd');
  return attempt(() => readdirSync(folder), [])
    .slice(0, MAX_FILES)
    .flatMap((file) => {
      const target = attempt(() => readlinkSync(path.join(folder, file)), '');
      return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
    });
}

interface Connection {
  readonly inode: string;
  readonly peer: IpAddress;
}

/** Established connections of the kernel's table. */
export function connections(table: string): readonly Connection[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const words = line.trim().split(/\s+/);
      const peer = parseIpAddress(hexAddress((words[2] ?? '').split(':')[0] ?? ''));
      const inode = words[9];
      return words[3] === ESTABLISHED && peer !== undefined && inode !== undefined
        ? [{ inode, peer }]
        : [];
    });
}

/** 8 or 32 hexadecimal digits, in words of four bytes with the lowest byte first. */
function hexAddress(hex: string): string {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/.test(hex)) return '';
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    [6, 4, 2, 0].map((at) => word.slice(at, at + 2)),
  );
  return bytes.length === 4
    ? bytes.map((byte) => parseInt(byte, 16)).join('.')
    : (bytes.join('').match(/.{4}/g) ?? []).join(':');
}

function attempt<Result>(work: () => Result, otherwise: Result): Result {
  try {
    return work();
  } catch {
    return otherwise; // the process is gone, or is not ours to look at
  }
}
