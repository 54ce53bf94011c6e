/**
 * The units of deploy/systemd: systemd itself finds them right, and the program really works inside what
 * they allow. What needs a running systemd (its filter of system calls, cgroups, its own mounts) is
 * imitated, not proved. Says so and skips where root, systemd's tools or namespaces are missing.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from './attacker.ts';
import { eventually } from './soc-process.ts';
import { openSandbox, unitValues, whyNoSandbox, works, type Sandbox } from './systemd-sandbox.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const UNIT = path.join(ROOT, 'deploy/systemd/mini-soc.service');
const ENFORCE = path.join(ROOT, 'deploy/systemd/enforce.conf');
const ATTACKER = '203.0.113.7';
/** The attacker's lines are written here: the kernel has no connection of his. */
const WITHOUT_PROOF = { LOG_TIME_ZONE: 'UTC', RESPONSE_PROOF: 'off' };
const has = (program: string): boolean => works('sh', ['-c', `command -v ${program}`]);
const say = (text: string): unknown => process.stderr.write(`${text}\n`);

/** A folder of units as an administrator would have it. */
function installUnit(change: (text: string) => string = (text) => text, dropIn?: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'soc-units-'));
  const unit = path.join(folder, 'mini-soc.service');
  writeFileSync(unit, change(readFileSync(UNIT, 'utf8')));
  if (dropIn !== undefined) {
    mkdirSync(`${unit}.d`);
    copyFileSync(dropIn, path.join(`${unit}.d`, path.basename(dropIn)));
  }
  return unit;
}

/** What systemd says about a unit: empty when it finds nothing. */
function complaints(unit: string): string {
  try {
    return execFileSync('sh', ['-c', 'systemd-analyze verify --man=no "$1" 2>&1', 'sh', unit], {
      encoding: 'utf8',
    });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

/** Its verdict: 0 (locked in) to 10 (may do anything). */
function exposure(unit: string): number {
  const text = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
    encoding: 'utf8',
  });
  return Number(/Overall exposure level for [^:]*: ([\d.]+)/.exec(text)?.[1]);
}

const analyzer = has('systemd-analyze');
if (!analyzer) say('No systemd-analyze here (Debian: apt-get install systemd): units not verified');

describe.skipIf(!analyzer)('units, read by systemd', () => {
  it('are without fault, with and without the drop-in', () => {
    expect(complaints(installUnit())).toBe('');
    expect(complaints(installUnit(undefined, ENFORCE))).toBe('');
  });

  it('a mistake in one would be found', () => {
    const broken = installUnit((text) => text.replace('ProtectSystem=', 'ProtectSytem='));
    expect(complaints(broken)).toContain('ProtectSytem');
  });

  it('leave the service little to do harm with', () => {
    const [plain, enforcing] = [exposure(installUnit()), exposure(installUnit(undefined, ENFORCE))];
    say(`systemd-analyze security: ${plain}, with enforce.conf ${enforcing} (10 is no protection)`);
    expect(plain).toBeLessThanOrEqual(1.5);
    expect(enforcing).toBeLessThanOrEqual(1.7);
    expect(exposure(installUnit((text) => text.replace(/^Protect.*$/gm, '')))).toBeGreaterThan(2);
  });
});

const why = whyNoSandbox();
if (why !== '') say(`The service cannot be run inside its limits: ${why}`);

describe.skipIf(why !== '')('the service, inside what its unit allows', () => {
  let sandbox: Sandbox | undefined;
  beforeAll(() => {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  }, 120_000);
  afterEach(async () => {
    await sandbox?.stop();
    sandbox = undefined;
  });

  async function start(options: Parameters<typeof openSandbox>[0]): Promise<Sandbox> {
    const opened = openSandbox(options);
    sandbox = opened;
    await eventually(() => {
      if (/Cannot|Error/.test(opened.output())) throw new Error(opened.output());
      return opened.output().includes('Ready after');
    }, 90_000);
    return opened;
  }

  async function blocks(running: Sandbox): Promise<void> {
    createActor(ATTACKER, { auth: running.log, ufw: '', web: '' }).failsSsh(8);
    await eventually(() => running.soc('blocked', '--json').includes(ATTACKER), 45_000);
  }

  it('starts without building, finds an attack, stops orderly', async () => {
    const running = await start({ files: [UNIT], variables: { LOG_TIME_ZONE: 'UTC' } });
    expect(running.output()).not.toContain('Building');
    await blocks(running);
    expect(running.soc('status')).toContain('detection');
    expect(running.may('echo x >> /var/log/auth.log')).toBe(false);
    expect(running.may('echo x > /opt/mini-soc/x')).toBe(false);
    expect(running.may('echo x > /etc/x')).toBe(false);
    expect(running.may('echo x > /var/lib/mini-soc/x')).toBe(true);
    expect(running.may('nft add table inet stolen')).toBe(false);
    expect(await running.stop()).toBe(0);
  }, 180_000);

  it.skipIf(!has('nft'))(
    'blocks in the real firewall with the drop-in, without being root',
    async () => {
      const files = [UNIT, ENFORCE];
      const running = await start({ files, variables: WITHOUT_PROOF });
      expect(running.output()).toContain('enforced by nftables');
      await blocks(running);
      // Where it looks for connections, when proof is asked for.
      expect(running.may('cat /proc/net/tcp /proc/net/tcp6')).toBe(true);
      const table = () => running.inNetwork('nft', 'list', 'table', 'inet', 'mini_soc');
      expect(table()).toContain(ATTACKER);
      expect(running.may('mount -t tmpfs tmpfs /mnt')).toBe(false);
      running.soc('blocked', '--unblock', ATTACKER);
      expect(table()).not.toContain(ATTACKER);
      // When nothing else works: what DEPLOYMENT.md says an administrator types.
      running.inNetwork('nft', 'delete', 'table', 'inet', 'mini_soc');
      expect(table).toThrow(/No such file/);
    },
    180_000,
  );

  it.skipIf(!has('strace') || !analyzer)(
    'makes no system call that its filter refuses',
    async () => {
      const trace = mkdtempSync(path.join(tmpdir(), 'soc-trace-'));
      chmodSync(trace, 0o777);
      const files = has('nft') ? [UNIT, ENFORCE] : [UNIT];
      const running = await start({ files, trace, variables: WITHOUT_PROOF });
      await blocks(running);
      await running.stop();
      const summary = readFileSync(path.join(trace, 'calls'), 'utf8');
      const made = [...summary.matchAll(/^\s*[\d.]+\s.*\s([a-z]\w+)$/gm)].map(
        (row) => row[1] ?? '',
      );
      const allowed = allowedCalls(unitValues(files, 'SystemCallFilter'));
      expect(made.length).toBeGreaterThan(30);
      const refused = made.filter((name) => name !== 'total' && !allowed.has(name));
      say(`${made.length} different system calls, refused: ${refused.join(', ') || 'none'}`);
      expect(refused).toEqual([]);
    },
    240_000,
  );
});

/** The calls that lists of systemd allow together; one that starts with ~ takes away. */
function allowedCalls(filters: readonly string[]): ReadonlySet<string> {
  const allowed = new Set<string>();
  for (const filter of filters)
    for (const name of filter.replace('~', '').split(' ').flatMap(membersOf))
      if (filter.startsWith('~')) allowed.delete(name);
      else allowed.add(name);
  return allowed;
}

function membersOf(group: string): readonly string[] {
  if (!group.startsWith('@')) return [group];
  return execFileSync('systemd-analyze', ['syscall-filter', '--no-pager', group], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((line) => /^\s+[@a-z]/.test(line))
    .flatMap((line) => membersOf(line.trim()));
}
