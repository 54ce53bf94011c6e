/** What programs write about a happening: sshd, sudo, cron, web servers, packet filters, Windows. */
import { accessTime, sudoMessage, syslogTime } from '../lines.ts';
import { sshKeyOf } from '../ssh-key.ts';
import type { Scene } from './kind.ts';

export interface SshPeer {
  readonly user: string;
  readonly source: string;
  /** Other than the scene's own. */
  readonly host?: string;
}

/** So many moments, evenly apart. */
export const every = (fromMs: number, count: number, stepMs: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => fromMs + index * stepMs);

const place = (peer: SshPeer) => (peer.host === undefined ? {} : { host: peer.host });

/** A message of sshd; each connection is a process of its own. */
export function sshd(scene: Scene, atMs: number, message: string, pid = scene.pid()): void {
  scene.syslog({ atMs, program: 'sshd', pid, message });
}

/** A login by key or password, as far as the session; returns the process. */
export function sshLogin(
  scene: Scene,
  atMs: number,
  peer: SshPeer,
  method: 'publickey' | 'password' = 'publickey',
): void {
  const pid = scene.pid();
  const key = method === 'publickey' ? `: ${sshKeyOf(peer.user)}` : '';
  const says = (afterMs: number, message: string): void =>
    scene.syslog({ atMs: atMs + afterMs, program: 'sshd', pid, message, ...place(peer) });
  says(
    0,
    `Accepted ${method} for ${peer.user} from ${peer.source} port ${scene.port()} ssh2${key}`,
  );
  says(
    40,
    `pam_unix(sshd:session): session opened for user ${peer.user}(uid=${scene.random.int(1000, 1999)}) by (uid=0)`,
  );
}

/** The end of a session. */
export function sshLogout(scene: Scene, atMs: number, peer: SshPeer): void {
  const pid = scene.pid();
  const port = scene.port();
  const says = (message: string): void =>
    scene.syslog({ atMs, program: 'sshd', pid, message, ...place(peer) });
  says(`Received disconnect from ${peer.source} port ${port}:11: disconnected by user`);
  says(`Disconnected from user ${peer.user} ${peer.source} port ${port}`);
  says(`pam_unix(sshd:session): session closed for user ${peer.user}`);
}

/** A wrong password, or one for an account that is not there. */
export function sshFailure(scene: Scene, atMs: number, peer: SshPeer, isKnown = true): void {
  const pid = scene.pid();
  const port = scene.port();
  const says = (afterMs: number, message: string): void =>
    scene.syslog({ atMs: atMs + afterMs, program: 'sshd', pid, message, ...place(peer) });
  if (!isKnown) says(0, `Invalid user ${peer.user} from ${peer.source} port ${port}`);
  says(
    50,
    `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${peer.source}${isKnown ? `  user=${peer.user}` : ''}`,
  );
  says(
    1900,
    `Failed password for ${isKnown ? '' : 'invalid user '}${peer.user} from ${peer.source} port ${port} ssh2`,
  );
}

/** The client gives up before it has tried anything that is logged as a failure. */
export function sshGivesUp(scene: Scene, atMs: number, peer: SshPeer, isKnown = true): void {
  const pid = scene.pid();
  const port = scene.port();
  const kind = isKnown ? 'authenticating' : 'invalid';
  if (!isKnown)
    sshd(scene, atMs, `Invalid user ${peer.user} from ${peer.source} port ${port}`, pid);
  sshd(
    scene,
    atMs + 300,
    `Connection closed by ${kind} user ${peer.user} ${peer.source} port ${port} [preauth]`,
    pid,
  );
}

/** A command by sudo, as root. */
export function sudo(scene: Scene, atMs: number, user: string, command: string): void {
  scene.syslog({ atMs, program: 'sudo', message: sudoMessage(user, `/home/${user}`, command) });
}

export function cron(scene: Scene, atMs: number, user: string, command: string): void {
  scene.syslog({ atMs, program: 'CRON', pid: scene.pid(), message: `(${user}) CMD (${command})` });
}

export const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';

export interface Visit {
  readonly source: string;
  readonly target: string;
  /** Default 200. */
  readonly status?: number;
  readonly method?: string;
  readonly agent?: string;
  readonly referrer?: string;
  readonly user?: string;
  readonly bytes?: number;
}

/** A line of the combined log. */
export function web(scene: Scene, atMs: number, visit: Visit): void {
  const { source, target, status = 200, method = 'GET', agent = BROWSER } = visit;
  const bytes = visit.bytes ?? scene.random.int(120, 40_000);
  scene.write(
    `${scene.host}/access.log`,
    atMs,
    `${source} - ${visit.user ?? '-'} [${accessTime(atMs)}] "${method} ${target} HTTP/1.1" ${status} ${bytes} "${visit.referrer ?? '-'}" "${agent}"`,
  );
}

export interface Dropped {
  readonly source: string;
  readonly toPort: number;
  /** Default: the scene's machine. */
  readonly destination?: string;
  readonly fromPort?: number;
  readonly protocol?: 'TCP' | 'UDP';
  /** Default SYN. */
  readonly tcpFlags?: string;
}

/** A packet that UFW drops. */
export function dropped(scene: Scene, atMs: number, packet: Dropped): void {
  const { source, toPort, protocol = 'TCP', tcpFlags = 'SYN' } = packet;
  const destination = packet.destination ?? scene.hostAddress;
  const size = protocol === 'TCP' ? 44 : 76;
  const end = protocol === 'TCP' ? `WINDOW=1024 RES=0x00 ${tcpFlags} URGP=0` : `LEN=${size - 20}`;
  scene.syslog({
    atMs,
    program: 'kernel',
    file: 'ufw.log',
    message: `[${((atMs - scene.startMs) / 1000 + 90_000).toFixed(6)}] [UFW BLOCK] IN=eth0 OUT= MAC=00:00:5e:00:53:01:00:00:5e:00:53:fe:08:00 SRC=${source} DST=${destination} LEN=${size} TOS=0x00 PREC=0x00 TTL=54 ID=${scene.random.int(0, 65_535)} PROTO=${protocol} SPT=${packet.fromPort ?? scene.port()} DPT=${toPort} ${end}`,
  });
}

/** A record of the Windows event log, as Winlogbeat writes it. */
export function windows(
  scene: Scene,
  atMs: number,
  code: 4624 | 4625 | 4688,
  data: Readonly<Record<string, string>>,
): void {
  scene.write(
    'winlogbeat.json',
    atMs,
    JSON.stringify({
      '@timestamp': new Date(atMs).toISOString(),
      winlog: {
        channel: 'Security',
        computer_name: scene.host,
        event_id: String(code),
        event_data: data,
      },
    }),
  );
}

export function windowsLogon(
  scene: Scene,
  atMs: number,
  logon: {
    readonly user: string;
    readonly source: string;
    readonly isSuccess: boolean;
    readonly type?: string;
  },
): void {
  windows(scene, atMs, logon.isSuccess ? 4624 : 4625, {
    TargetUserName: logon.user,
    TargetDomainName: 'EXAMPLE',
    LogonType: logon.type ?? '3',
    AuthenticationPackageName: 'NTLM',
    IpAddress: logon.source,
    IpPort: String(scene.port()),
    WorkstationName: '-',
    ...(logon.isSuccess ? {} : { Status: '0xc000006d', SubStatus: '0xc000006a' }),
  });
}

export function windowsProcess(scene: Scene, atMs: number, user: string, command: string): void {
  windows(scene, atMs, 4688, {
    SubjectUserName: user,
    NewProcessName: command.split(' ')[0]?.replaceAll('"', '') ?? '',
    CommandLine: command,
    NewProcessId: `0x${scene.random.hex(4)}`,
  });
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Sat Nov 21 03:40:00 2026`, as vsftpd and others write it in their own files. */
export function ctime(atMs: number): string {
  const at = new Date(atMs);
  return `${DAYS[at.getUTCDay()] ?? ''} ${syslogTime(atMs, 0)} ${at.getUTCFullYear()}`;
}
