/**
 * A server and a stranger, each in a network namespace of its own with a cable between them, so that
 * tests change real firewalls and touch nothing of this machine.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { runCommand, type RunCommand } from '../src/enforce/run-command.ts';

const PORT = 9320;
/** Two runs at the same time must not meet. */
const NAMES = {
  server: `soc-server-${process.pid}`,
  stranger: `soc-stranger-${process.pid}`,
} as const;

export const SERVER = { v4: '198.51.100.1', v6: '2001:db8:51::1' } as const;
export const STRANGER = { v4: '198.51.100.7', v6: '2001:db8:51::7' } as const;

/** Why the tests cannot run here; empty when they can. */
export function whyNoNamespaces(programs: readonly string[]): string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'not root on Linux';
  for (const program of ['ip', 'bash', ...programs])
    if (!works('sh', ['-c', `command -v ${program}`])) return `no ${program}`;
  const probe = `soc-probe-${process.pid}`;
  if (!works('ip', ['netns', 'add', probe])) return 'no network namespaces';
  works('ip', ['netns', 'delete', probe]);
  return '';
}

function works(program: string, parameters: readonly string[]): boolean {
  try {
    execFileSync(program, parameters, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface Network {
  /** Runs the firewall's programs at the server. */
  readonly run: RunCommand;
  /** Output of a program at the server. */
  readonly atServer: (program: string, ...parameters: string[]) => string;
  /** Words before a command that make it run at the server. */
  readonly prefix: readonly string[];
  /** Whether the stranger gets a TCP connection to the server. */
  readonly connects: (family: 'v4' | 'v6') => boolean;
  readonly close: () => void;
}

export async function openNetwork(): Promise<Network> {
  const { server, stranger } = NAMES;
  const ip = (...parameters: string[]) => execFileSync('ip', parameters, { stdio: 'ignore' });
  const remove = () => {
    for (const name of Object.values(NAMES)) works('ip', ['netns', 'delete', name]);
  };
  remove();
  for (const name of Object.values(NAMES)) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  ip(
    'link',
    'add',
    'soc-s',
    'netns',
    server,
    'type',
    'veth',
    'peer',
    'name',
    'soc-a',
    'netns',
    stranger,
  );
  for (const [name, link, own] of [
    [server, 'soc-s', SERVER],
    [stranger, 'soc-a', STRANGER],
  ] as const) {
    ip('-n', name, 'address', 'add', `${own.v4}/24`, 'dev', link);
    ip('-n', name, 'address', 'add', `${own.v6}/64`, 'dev', link, 'nodad');
    ip('-n', name, 'link', 'set', link, 'up');
  }
  const prefix = ['ip', 'netns', 'exec', server] as const;
  const listener = await startListener(prefix);
  return {
    prefix,
    run: (program, parameters, input) =>
      runCommand('ip', ['netns', 'exec', server, program, ...parameters], input),
    atServer: (program, ...parameters) =>
      execFileSync('ip', ['netns', 'exec', server, program, ...parameters], { encoding: 'utf8' }),
    connects: (family) =>
      works('ip', [
        ...['netns', 'exec', stranger, 'timeout', '1'],
        ...['bash', '-c', `</dev/tcp/${SERVER[family]}/${PORT}`],
      ]),
    close() {
      listener.kill('SIGKILL');
      remove();
    },
  };
}

/** Takes connections of both families at the server; it lives on when the service is killed. */
async function startListener(prefix: readonly string[]): Promise<ChildProcess> {
  const [program = '', ...parameters] = prefix;
  const source = `require('node:net').createServer((s) => s.on('error', () => {}).end()).listen(${PORT}, '::', () => console.log('up'))`;
  const child = spawn(program, [...parameters, process.execPath, '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}
