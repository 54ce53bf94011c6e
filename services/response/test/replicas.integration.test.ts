/** Two real processes on one folder: alerts go to both at random while the one that acts is killed. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../packages/service-kit/test/free-ports.ts';
import { decodeJournal } from './decode-journal.ts';
import { createFileStore } from './file-store.ts';
import { makeAlert } from './response-fixture.ts';
import { ask, startResponse, type StartedResponse } from './start-process.ts';

const PROCESSES = 2;
const ALERTS = 200;
const KILLS = 3;

interface Health {
  readonly holds_lease: boolean;
  readonly active_blocks: number;
}

describe('two response processes on one folder', () => {
  let folder: string;
  let ports: readonly number[] = [];
  const running = new Map<number, StartedResponse>();
  const start = async (port: number): Promise<void> => {
    running.set(
      port,
      await startResponse({ folder, listen: port, mode: 'simulate', isReplica: true }),
    );
  };
  const holder = async (): Promise<number | undefined> => {
    for (const port of ports) {
      const health = await ask(port, 'GET', '/health').catch(() => undefined);
      if ((health?.body as Health | undefined)?.holds_lease === true) return port;
    }
    return undefined;
  };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'replicas-'));
    ports = await freePorts(PROCESSES);
  });
  afterAll(async () => {
    for (const one of running.values()) await one.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it(
    `${ALERTS} alerts get one block each while the holder is killed ${KILLS} times`,
    { timeout: 180_000 },
    async () => {
      for (const port of ports) await start(port);
      expect(await holder()).toBe(ports[0]);
      let retries = 0;
      /** As the outbox of detection: the alert is sent until somebody has answered it. */
      const send = async (n: number): Promise<unknown> => {
        const alert = makeAlert({
          alert_id: `alert-${n}`,
          source_ip: `203.0.113.${n}`,
          last_seen: new Date().toISOString(),
        });
        for (let attempt = 0; attempt < 300; attempt += 1) {
          const port = ports[Math.floor(Math.random() * ports.length)] as number;
          const answer = await ask(port, 'POST', '/respond', alert).catch(() => undefined);
          // Now and then the answer gets lost on the way, and the same alert is sent again.
          if (answer?.status === 200 && Math.random() > 0.1) return answer.body;
          retries += 1;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error(`Nobody answered alert-${n}`);
      };
      const takeovers: number[] = [];
      const kill = async (): Promise<void> => {
        const port = await holder();
        const victim = port === undefined ? undefined : running.get(port);
        if (port === undefined || victim === undefined) throw new Error('Nobody holds the lease');
        await victim.end('SIGKILL');
        const killed = performance.now();
        while ((await holder()) === undefined)
          await new Promise((resolve) => setTimeout(resolve, 50));
        takeovers.push(Math.round(performance.now() - killed));
        await start(port);
      };
      const answers: unknown[] = [];
      const round = ALERTS / (KILLS + 1);
      for (let part = 0; part <= KILLS; part += 1) {
        const sent = Array.from({ length: round }, async (_none, n) => {
          await new Promise((resolve) => setTimeout(resolve, n * 20));
          answers.push(await send(part * round + n));
        });
        if (part < KILLS) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          await kill();
        }
        await Promise.all(sent);
      }
      expect(answers).toHaveLength(ALERTS);
      for (const port of ports) {
        const blocked = (await ask(port, 'GET', '/blocked?size=1000')).body as {
          source_ip: string;
          decisions: unknown[];
        }[];
        expect(new Set(blocked.map((block) => block.source_ip)).size).toBe(ALERTS);
        expect(blocked.every((block) => block.decisions.length === 1)).toBe(true);
      }
      const acting = await holder();
      for (const one of running.values()) await one.end('SIGTERM');
      running.clear();

      const trail = await createFileStore(path.join(folder, 'audit')).listBlocks(10_000);
      const kinds = trail.map((block) => block.kind);
      const alerts = trail.map((block) => block.alert_id);
      process.stdout.write(
        `${ALERTS} alerts, ${retries} sent again, ${KILLS} kills, takeovers after ${takeovers.join(', ')} ms: ${trail.length} audit documents (${new Set(kinds).size} kind), ${new Set(alerts).size} alerts\n`,
      );
      expect(kinds.filter((kind) => kind !== 'blocked')).toEqual([]);
      expect(alerts).toHaveLength(ALERTS);
      expect(new Set(alerts).size).toBe(ALERTS);
      expect(acting).toBeDefined();

      const ledgers = (await readdir(folder)).filter((name) => /^ledger\..*\.ndjson$/.test(name));
      expect(ledgers).toHaveLength(1);
      const { entries, problems } = decodeJournal(
        await readFile(path.join(folder, ledgers[0] as string)),
        'ledger',
      );
      expect(problems).toEqual([]);
      const decided = entries.flatMap((entry) => {
        const { kind, decision } = entry as { kind: string; decision?: { alert_id: string } };
        return kind === 'decision' && decision !== undefined ? [decision.alert_id] : [];
      });
      expect(decided.toSorted()).toEqual([...new Set(decided)].toSorted());
      expect(decided).toHaveLength(ALERTS);
    },
  );

  it(
    'a holder that was paused does not write when it comes back',
    { timeout: 60_000 },
    async () => {
      for (const port of ports) await start(port);
      const paused = (await holder()) as number;
      const other = ports.find((port) => port !== paused) as number;
      const victim = running.get(paused) as StartedResponse;
      victim.child.kill('SIGSTOP');
      // Requests that wait at the paused one are answered by it after it has come back.
      const waiting = ask(
        paused,
        'POST',
        '/respond',
        makeAlert({
          alert_id: 'late',
          source_ip: '203.0.113.250',
          last_seen: new Date().toISOString(),
        }),
      );
      for (;;) {
        const health = await ask(other, 'GET', '/health');
        if ((health.body as Health).holds_lease) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      victim.child.kill('SIGCONT');
      const answer = await waiting;
      expect([200, 503]).toContain(answer.status);
      const health = await ask(paused, 'GET', '/health');
      expect((health.body as Health).holds_lease).toBe(false);
      const ready = await ask(paused, 'GET', '/ready');
      expect(ready).toMatchObject({
        status: 200,
        body: {
          parts: {
            lease: `Stands by: http://127.0.0.1:${other} holds the lease and gets the requests`,
          },
        },
      });
      const blocked = (await ask(paused, 'GET', '/blocked?size=1000')).body as {
        source_ip: string;
      }[];
      expect(blocked).toHaveLength(ALERTS + (answer.status === 200 ? 1 : 0));
    },
  );
});
