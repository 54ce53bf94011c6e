/** Log lines as the real programs write them: OpenSSH 9, sudo, cron, UFW (kernel), nginx (combined). */

export interface Moment {
  readonly atMs: number;
  readonly hostname: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => String(value).padStart(2, '0');

/** `Nov 21 03:40:00`, wall-clock time of `offsetMinutes` east of UTC. */
export function syslogTime(atMs: number, offsetMinutes: number): string {
  const local = new Date(atMs + offsetMinutes * 60_000);
  return `${MONTHS[local.getUTCMonth()] ?? ''} ${String(local.getUTCDate()).padStart(2)} ${local.toISOString().slice(11, 19)}`;
}

/** `21/Nov/2026:03:40:00 +0000`. */
export function accessTime(atMs: number): string {
  const at = new Date(atMs);
  return `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()] ?? ''}/${at.getUTCFullYear()}:${at.toISOString().slice(11, 19)} +0000`;
}

export function syslogLine(
  moment: Moment,
  program: string,
  pid: number | undefined,
  message: string,
  offsetMinutes: number,
): string {
  const tag = pid === undefined ? program : `${program}[${pid}]`;
  return `${syslogTime(moment.atMs, offsetMinutes)} ${moment.hostname} ${tag}: ${message}`;
}

export function sudoMessage(user: string, directory: string, command: string): string {
  return `${user.padStart(8)} : TTY=pts/0 ; PWD=${directory} ; USER=root ; COMMAND=${command}`;
}

export interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly id: number;
  readonly uptimeSeconds: number;
}

export function ufwMessage(packet: Packet): string {
  const v6 = packet.source.includes(':');
  const head = `[${packet.uptimeSeconds.toFixed(6).padStart(12)}] [UFW BLOCK] IN=eth0 OUT= MAC=00:00:5e:00:53:01:00:00:5e:00:53:fe:08:00 SRC=${packet.source} DST=${packet.destination}`;
  const ip = v6
    ? 'LEN=64 TC=0 HOPLIMIT=54 FLOWLBL=0'
    : `LEN=44 TOS=0x00 PREC=0x00 TTL=54 ID=${packet.id}`;
  return `${head} ${ip} PROTO=TCP SPT=${packet.sourcePort} DPT=${packet.destinationPort} WINDOW=1024 RES=0x00 SYN URGP=0`;
}

export interface Visit {
  readonly source: string;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly bytes: number;
  readonly agent: string;
}

export function nginxLine(atMs: number, visit: Visit): string {
  return `${visit.source} - - [${accessTime(atMs)}] "${visit.method} ${visit.target} HTTP/1.1" ${visit.status} ${visit.bytes} "-" "${visit.agent}"`;
}
