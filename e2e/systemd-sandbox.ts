/**
 * The service of systemd without systemd: its own command line and drop-ins, run as its unit says, as far
 * as namespaces and setpriv can. A user without rights, a read-only system, one folder to write to, a
 * network of its own.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Nobody, and Debian's group adm. */
const USER = 65_534;
const LOG_GROUP = 4;

/** Values of one key in units, in their order; later files come after earlier ones. */
export function unitValues(files: readonly string[], key: string): readonly string[] {
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(`${key}=`))
      .map((line) => line.slice(key.length + 1)),
  );
}

/** Why it cannot run here; empty when it can. */
export function whyNoSandbox(): string {
  if (!existsSync('/proc/self/ns/mnt') || execFileSync('id', ['-u']).toString().trim() !== '0')
    return 'not root on Linux';
  for (const program of ['unshare', 'setpriv', 'nsenter', 'ip', 'mount'])
    if (!works('sh', ['-c', `command -v ${program}`])) return `no ${program}`;
  return works('unshare', ['--mount', '--net', 'true']) ? '' : 'no namespaces';
}

export function works(program: string, parameters: readonly string[]): boolean {
  try {
    execFileSync(program, parameters, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface Sandbox {
  /** The host's auth.log, outside the sandbox. */
  readonly log: string;
  readonly output: () => string;
  /** Runs a `soc` command as the service's user would. */
  readonly soc: (...parameters: string[]) => string;
  /** Runs a program as root in the service's network. */
  readonly inNetwork: (program: string, ...parameters: string[]) => string;
  /** Runs a shell line as the service; true when it succeeds. */
  readonly may: (line: string) => boolean;
  readonly stop: () => Promise<number | null>;
}

const ENTER = String.raw`
ip link set lo up
mount --make-rprivate /
mkdir -p "$SANDBOX_STATE" "$SANDBOX_LOGS"
mount -t tmpfs tmpfs /opt && mkdir /opt/mini-soc && mount --bind "$SANDBOX_ROOT" /opt/mini-soc
mount --bind "$SANDBOX_LOGS" /var/log
mount -t tmpfs tmpfs /mnt && mkdir /mnt/state && mount --bind "$SANDBOX_STATE" /mnt/state
mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/mini-soc && mount --bind /mnt/state /var/lib/mini-soc
[ -z "$SANDBOX_TRACE" ] || { mkdir /mnt/trace && mount --bind "$SANDBOX_TRACE" /mnt/trace; }
mount -t tmpfs -o mode=1777 tmpfs /tmp
for place in / /opt /opt/mini-soc /var/log /var/lib; do mount -o remount,bind,ro "$place"; done
cd /var/lib/mini-soc
exec "$@"
`;

export interface SandboxOptions {
  /** The unit, then its drop-ins. */
  readonly files: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** A folder into which strace writes a summary of the system calls. */
  readonly trace?: string;
}

export function openSandbox(options: SandboxOptions): Sandbox {
  const folder = mkdtempSync(path.join(tmpdir(), 'soc-unit-'));
  const [state, logs] = [path.join(folder, 'state'), path.join(folder, 'log')];
  mkdirSync(state);
  chownSync(state, USER, USER);
  mkdirSync(logs, { mode: 0o755 });
  const log = path.join(logs, 'auth.log');
  appendFileSync(log, '');
  chownSync(log, 0, LOG_GROUP);
  chmodSync(log, 0o640);

  const rights = unitValues(options.files, 'AmbientCapabilities').at(-1) ?? '';
  const kept = rights === '' ? '' : `,+${rights.replace('CAP_', '').toLowerCase()}`;
  const asService = [
    'setpriv',
    ...[`--reuid=${USER}`, `--regid=${USER}`, `--groups=${LOG_GROUP}`, '--no-new-privs'],
    ...[`--inh-caps=-all${kept}`, `--ambient-caps=-all${kept}`, `--bounding-set=-all${kept}`],
  ];
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...Object.fromEntries(
      unitValues(options.files, 'Environment')
        .flatMap((line) => line.split(' '))
        .map((pair) => pair.split('=') as [string, string]),
    ),
    ...options.variables,
  };
  const command = (unitValues(options.files, 'ExecStart').at(-1) ?? '').split(' ');
  const traced =
    options.trace === undefined ? [] : ['strace', '-f', '-c', '-o', '/mnt/trace/calls'];
  const child = spawn(
    'unshare',
    ['--mount', '--net', 'sh', '-euc', ENTER, 'sh', ...asService, ...traced, ...command],
    {
      env: {
        ...environment,
        SANDBOX_ROOT: ROOT,
        SANDBOX_STATE: state,
        SANDBOX_LOGS: logs,
        SANDBOX_TRACE: options.trace ?? '',
      },
      stdio: 'pipe',
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const enter = (program: string, parameters: readonly string[]): string =>
    execFileSync(
      'nsenter',
      [`--target=${String(child.pid)}`, '--mount', '--net', '--wd', program, ...parameters],
      { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  const [setpriv = '', ...dropped] = asService;
  return {
    log,
    output: () => output,
    soc: (...parameters) =>
      enter(setpriv, [
        ...dropped,
        'node',
        '/opt/mini-soc/services/soc/bin/soc.js',
        ...parameters,
        '--data',
        '/var/lib/mini-soc',
      ]),
    inNetwork: (program, ...parameters) => enter(program, parameters),
    may(line) {
      try {
        enter(setpriv, [...dropped, 'sh', '-c', line]);
        return true;
      } catch {
        return false;
      }
    },
    stop: () => ended(child, options.trace !== undefined),
  };
}

/** A tracer hands no signal on: then the program it started gets it. */
async function ended(child: ChildProcess, isTraced: boolean): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const end = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const program = isTraced
    ? Number(
        readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0],
      )
    : (child.pid ?? 0);
  execFileSync('kill', ['-TERM', String(program)]);
  return end;
}
