/** Blocks in the real nftables and iptables of a network namespace; skipped where that is not possible. */
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Blocker, WantedBlock } from '../src/enforce/blocker.ts';
import { createIptablesBlocker, probeIptables } from '../src/enforce/iptables.ts';
import { createNftablesBlocker, probeNftables } from '../src/enforce/nftables.ts';
import { openFirewall } from '../src/enforce/open-firewall.ts';
import { CommandError, runCommand, type RunCommand } from '../src/enforce/run-command.ts';
import {
  openNetwork,
  SERVER,
  STRANGER,
  whyNoNamespaces,
  type Network,
} from './network-namespaces.ts';
import { ip, makeAlert, makeFolder, removeFolder } from './response-fixture.ts';
import { startResponse, type StartedResponse } from './start-process.ts';

const HOUR_MS = 3_600_000;
const FAMILIES = ['v4', 'v6'] as const;
const missing = whyNoNamespaces(['nft', 'iptables', 'ip6tables']);
/** Somebody else's rules, which must not change. */
const FOREIGN = [
  'add table inet other',
  'add set inet other blocked4 { type ipv4_addr; flags timeout; }',
  'add chain inet other input { type filter hook input priority 0; policy accept; }',
  'add rule inet other input tcp dport 4444 drop',
];

/** As where ipset is not installed. */
const withoutSets =
  (run: RunCommand): RunCommand =>
  (program, parameters, input) =>
    program === 'ipset'
      ? Promise.reject(new CommandError('ipset', 'missing', 'is not installed'))
      : run(program, parameters, input);

const KINDS: readonly {
  readonly name: string;
  readonly endsByItself: boolean;
  readonly open: (run: RunCommand) => Promise<Blocker>;
  readonly flush: readonly (readonly string[])[];
}[] = [
  {
    name: 'nftables',
    endsByItself: true,
    async open(run) {
      await probeNftables(run);
      return createNftablesBlocker(run);
    },
    flush: [['nft', 'flush', 'ruleset']],
  },
  {
    name: 'iptables with ipset',
    endsByItself: true,
    open: async (run) => createIptablesBlocker(run, await probeIptables(run)),
    flush: [
      ['iptables', '-F'],
      ['ip6tables', '-F'],
      ['ipset', 'flush'],
    ],
  },
  {
    name: 'iptables',
    endsByItself: false,
    open: async (run) =>
      createIptablesBlocker(withoutSets(run), await probeIptables(withoutSets(run))),
    flush: [
      ['iptables', '-F'],
      ['ip6tables', '-F'],
    ],
  },
];
const hasIpset = missing === '' && whyNoNamespaces(['ipset']) === '';

describe.skipIf(missing !== '')(
  `real firewalls${missing === '' ? '' : ` (skipped: ${missing})`}`,
  () => {
    let network: Network;
    beforeAll(async () => {
      network = await openNetwork();
    });
    afterAll(() => network?.close());

    describe.each(KINDS.filter((kind) => hasIpset || kind.name !== 'iptables with ipset'))(
      '$name',
      ({ name, endsByItself, open, flush }) => {
        let blocker: Blocker;
        beforeAll(async () => {
          blocker = await open(network.run);
        });
        afterEach(() => blocker.clear());
        const strangers: readonly WantedBlock[] = FAMILIES.map((family) => ({
          address: ip(STRANGER[family]),
          msLeft: HOUR_MS,
        }));
        const connections = () => FAMILIES.map((family) => network.connects(family));

        it('is chosen by its name', () => {
          expect(blocker.name).toBe(name);
          expect(blocker.isSimulated).toBe(false);
        });

        it.each(FAMILIES)(
          'refuses connections of a blocked address until it is free: %s',
          async (family) => {
            expect(connections()).toEqual([true, true]);
            expect(await blocker.block(ip(STRANGER[family]), HOUR_MS)).toContain(STRANGER[family]);
            expect(connections()).toEqual(FAMILIES.map((one) => one !== family));
            await blocker.block(ip(STRANGER[family]), HOUR_MS);
            await blocker.unblock([ip(STRANGER[family]), ip('203.0.113.99'), ip('2001:db8::99')]);
            expect(connections()).toEqual([true, true]);
            await blocker.unblock([ip(STRANGER[family])]);
          },
        );

        it('refuses connections of many that are blocked at once', async () => {
          await blocker.blockAll(strangers);
          await blocker.blockAll(strangers);
          expect(connections()).toEqual([false, false]);
          await blocker.unblock(strangers.map(({ address }) => address));
          expect(connections()).toEqual([true, true]);
        });

        it.runIf(endsByItself)('lets the kernel end a block, shortened or not', async () => {
          for (const { address } of strangers) {
            await blocker.block(address, HOUR_MS);
            await blocker.block(address, 1000);
          }
          await until(() => connections().every(Boolean));
          expect(await blocker.reconcile([])).toMatchObject({ applied: 0 });
        });

        it('is made equal to the ledger after others changed it', async () => {
          for (const { address } of strangers) await blocker.block(address, HOUR_MS);
          expect(await blocker.reconcile(strangers)).toEqual({
            applied: 0,
            removed: 0,
            rebuilt: false,
          });
          for (const [program = '', ...parameters] of flush)
            network.atServer(program, ...parameters);
          expect(connections()).toEqual([true, true]);
          expect(await blocker.reconcile(strangers)).toMatchObject({ rebuilt: true });
          expect(connections()).toEqual([false, false]);
          await blocker.block(ip('203.0.113.66'), HOUR_MS);
          expect(await blocker.reconcile(strangers)).toEqual({
            applied: 0,
            removed: 1,
            rebuilt: false,
          });
          await blocker.unblock([ip(STRANGER.v6)]);
          expect(await blocker.reconcile(strangers)).toMatchObject({ applied: 1, removed: 0 });
          expect(connections()).toEqual([false, false]);
          expect(await blocker.reconcile([])).toMatchObject({ applied: 0, removed: 2 });
          expect(connections()).toEqual([true, true]);
        });

        it('applies 1,000 blocks, and touches nothing of others', async () => {
          network.atServer('iptables', '-A', 'INPUT', '-s', '203.0.113.200', '-j', 'DROP');
          for (const line of FOREIGN) network.atServer('nft', ...line.split(' '));
          const others = () => withoutOurs(network.atServer('nft', 'list', 'ruleset'));
          const before = others();
          const many: readonly WantedBlock[] = Array.from({ length: 1000 }, (_none, n) => ({
            address: ip(
              n % 2 === 0 ? `203.0.${n >> 8}.${n & 255}` : `2001:db8:7::${n.toString(16)}`,
            ),
            msLeft: HOUR_MS,
          }));
          const started = performance.now();
          expect(await blocker.reconcile(many)).toMatchObject({ applied: 1000 });
          const tookMs = performance.now() - started;
          process.stdout.write(`${name}: 1,000 blocks applied in ${Math.round(tookMs)} ms\n`);
          expect(await blocker.reconcile(many)).toEqual({ applied: 0, removed: 0, rebuilt: false });
          expect(others()).toBe(before);
          await blocker.clear();
          const left = network.atServer('nft', 'list', 'ruleset');
          expect(left).not.toMatch(/mini.soc/i);
          expect(withoutOurs(left)).toBe(before);
          network.atServer('nft', 'delete', 'table', 'inet', 'other');
          network.atServer('iptables', '-D', 'INPUT', '-s', '203.0.113.200', '-j', 'DROP');
        });
      },
    );

    it('nftables is built anew when somebody changed its rules, sets or chain', async () => {
      const blocker = createNftablesBlocker(network.run);
      const wanted = [{ address: ip(STRANGER.v4), msLeft: HOUR_MS }];
      for (const change of [
        'flush table inet mini_soc',
        'add chain inet mini_soc more',
        'add set inet mini_soc more { type ipv4_addr; }',
        'insert rule inet mini_soc prerouting accept',
        'delete table inet mini_soc',
      ]) {
        await blocker.reconcile(wanted);
        network.atServer('nft', ...change.split(' '));
        expect([change, await blocker.reconcile(wanted)]).toEqual([
          change,
          { applied: 1, removed: 0, rebuilt: true },
        ]);
        expect(network.connects('v4')).toBe(false);
      }
      network.atServer('nft', 'delete', 'table', 'inet', 'mini_soc');
      network.atServer('nft', ...'add table inet mini_soc'.split(' '));
      network.atServer('nft', ...'add chain inet mini_soc prerouting'.split(' '));
      expect(await blocker.reconcile(wanted)).toMatchObject({ rebuilt: true });
      expect(network.connects('v4')).toBe(false);
      await blocker.clear();
    });

    it('openFirewall() takes nftables first, and refuses in one sentence without NET_ADMIN', async () => {
      expect((await openFirewall('auto', network.run)).name).toBe('nftables');
      const weak: RunCommand = (program, parameters, input) =>
        runCommand(
          'setpriv',
          ['--bounding-set=-net_admin', '--inh-caps=-net_admin', program, ...parameters],
          input,
        );
      const refusal = await openFirewall('auto', weak).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'USAGE' });
      expect(String(refusal)).toMatch(
        /^UsageError: Cannot enforce blocks .*needs the capability NET_ADMIN .*\): \w+ said "[^\n]*$/,
      );
    });

    describe('the service', () => {
      let folder: string;
      let service: StartedResponse | undefined;
      beforeAll(async () => {
        folder = await makeFolder();
      });
      afterAll(async () => {
        await service?.end('SIGKILL');
        await removeFolder(folder);
      });
      const start = async (blockDurationMs: number): Promise<StartedResponse> => {
        const options = {
          folder,
          listen: path.join(folder, 'socket'),
          mode: 'enforce',
          blockDurationMs,
          ownAddresses: Object.values(SERVER),
        };
        await removeFolder(options.listen);
        service = await startResponse(options, network.prefix);
        return service;
      };
      const attack = (id: string, source_ip: string) =>
        makeAlert({ alert_id: id, source_ip, last_seen: new Date().toISOString() });

      it('blocks, keeps blocks over a stop, and frees all when it is told to', async () => {
        const first = await start(HOUR_MS);
        for (const family of FAMILIES) {
          const answer = await first.ask('POST', '/respond', attack(family, STRANGER[family]));
          expect(answer).toMatchObject({
            status: 200,
            body: { outcome: 'blocked', simulated: false },
          });
          expect(network.connects(family)).toBe(false);
        }
        expect(await first.ask('POST', '/respond', attack('own', SERVER.v4))).toMatchObject({
          body: { outcome: 'refused' },
        });
        await first.end('SIGTERM');
        expect(network.connects('v4')).toBe(false);
        network.atServer('nft', 'flush', 'ruleset');
        expect(network.connects('v4')).toBe(true);
        const second = await start(HOUR_MS);
        expect(FAMILIES.map((family) => network.connects(family))).toEqual([false, false]);
        expect(await second.ask('GET', '/ready')).toMatchObject({
          body: { ready: true, parts: { firewall: 'Blocks are in force in nftables' } },
        });
        expect(await second.ask('DELETE', '/blocked')).toEqual({
          status: 200,
          body: { unblocked: 2 },
        });
        expect(FAMILIES.map((family) => network.connects(family))).toEqual([true, true]);
        expect(network.atServer('nft', 'list', 'ruleset')).not.toContain('mini_soc');
        await second.end('SIGTERM');
      });

      it('leaves the end of a block to the kernel when it is killed (kill -9)', async () => {
        const killed = await start(4000);
        for (const family of FAMILIES)
          await killed.ask('POST', '/respond', attack(`short-${family}`, STRANGER[family]));
        await killed.end('SIGKILL');
        expect(FAMILIES.map((family) => network.connects(family))).toEqual([false, false]);
        await until(() => FAMILIES.every((family) => network.connects(family)));
        expect(network.atServer('nft', 'list', 'table', 'inet', 'mini_soc')).not.toContain(
          'expires',
        );
      });
    });
  },
);

/** Waits for something that the kernel does in its own time. */
async function until(holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(holds()).toBe(true);
}

/** The rule set without our table, chain, and jumps; counters do not count. */
function withoutOurs(ruleset: string): string {
  return ruleset
    .replaceAll(/table inet mini_soc \{[\s\S]*?\n\}\n/g, '')
    .replaceAll(/\n\tchain MINI_SOC \{[\s\S]*?\n\t\}\n/g, '')
    .split('\n')
    .filter((line) => !line.includes('jump MINI_SOC'))
    .map((line) => line.replaceAll(/packets \d+ bytes \d+/g, ''))
    .filter((line) => line.trim() !== '')
    .join('\n');
}
