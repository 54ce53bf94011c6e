/**
 * `npm run bench:stack`: the stack in Compose under load. Prints how long `make up` took, then the memory of
 * each container while the generator writes BENCH_RATE lines of normal life a second, with attacks among
 * them, for BENCH_SECONDS (defaults 500 and 300). With BENCH_COLD=1 our images and the whole build cache are
 * deleted before: BuildKit's cache of every project on this engine. Needs the Docker lab and root.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { askFilebeat } from '../e2e/ask-stack.ts';
import { must, openComposeStack, whyNoLab, type ComposeStack } from '../e2e/compose-stack.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 300);
const RATE = process.env['BENCH_RATE'] ?? '500';
const PAUSE_MS = 2000;
const SAY_MS = 30_000;
const MIB = 1_048_576;
const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: MIB, GiB: 1024 * MIB };

const statsSchema = z.looseObject({ Name: z.string(), MemUsage: z.string(), CPUPerc: z.string() });

interface Row {
  mostMib: number;
  lastMib: number;
  limitMib: number;
  mostCpuPercent: number;
}

/** `830.1MiB / 1.5GiB` in MiB. */
function parseUsage(text: string): { readonly usedMib: number; readonly limitMib: number } {
  const [used = 0, limit = 0] = text.split('/').map((part) => {
    const found = /^\s*([\d.]+)([A-Za-z]+)\s*$/.exec(part);
    return (Number(found?.[1]) * (BYTES[found?.[2] ?? ''] ?? Number.NaN)) / MIB;
  });
  return { usedMib: used, limitMib: limit };
}

async function sample(stack: ComposeStack, rows: Map<string, Row>): Promise<void> {
  const names = (await stack.containers())
    .filter((one) => one.State === 'running')
    .map((one) => one.Name);
  const ran = await must(stack.docker('stats', '--no-stream', '--format', 'json', ...names));
  for (const line of ran.output.trim().split('\n')) {
    const one = statsSchema.parse(JSON.parse(line));
    const { usedMib, limitMib } = parseUsage(one.MemUsage);
    const before = rows.get(one.Name);
    rows.set(one.Name, {
      mostMib: Math.max(before?.mostMib ?? 0, usedMib),
      lastMib: usedMib,
      limitMib,
      mostCpuPercent: Math.max(before?.mostCpuPercent ?? 0, Number.parseFloat(one.CPUPerc)),
    });
  }
}

async function prune(stack: ComposeStack): Promise<void> {
  const { output } = await must(
    stack.docker('images', '--quiet', '--filter', 'reference=mini-soc-e2e/*'),
  );
  const images = [...new Set(output.split('\n').filter((id) => id !== ''))];
  if (images.length > 0) await must(stack.docker('rmi', '--force', ...images));
  await must(stack.docker('builder', 'prune', '--all', '--force'));
}

async function run(stack: ComposeStack): Promise<void> {
  const isCold = process.env['BENCH_COLD'] === '1';
  if (isCold) await prune(stack);
  const startedMs = Date.now();
  await must(stack.make('up'));
  say(
    `make up, ${isCold ? 'without our images and without a build cache' : 'with what is built already'}: ${seconds(startedMs)} s; load average ${loadavg()[0]?.toFixed(1) ?? ''}; lines are shipped by ${stack.filebeat}`,
  );
  const rows = new Map<string, Row>();
  const fromMs = Date.now();
  const before = await stack.count('soc-logs-*');
  let said = 0;
  while (Date.now() - fromMs < SECONDS * 1000) {
    await sample(stack, rows);
    await sleep(PAUSE_MS);
    if (Date.now() - fromMs < (said + 1) * SAY_MS) continue;
    said += 1;
    say(`After ${seconds(fromMs)} s: ${(await stack.count('soc-logs-*')) - before} events`);
  }
  const events = (await stack.count('soc-logs-*')) - before;
  const tookS = (Date.now() - fromMs) / 1000;
  say(
    `${events} events in ${tookS.toFixed(0)} s (${(events / tookS).toFixed(0)}/s), ${await stack.count('soc-alerts')} alerts, ${await stack.count('soc-blocked-ips', 'kind:blocked')} blocks, ${await stack.count('soc-dead-letters')} dead letters`,
  );
  if (stack.filebeat === 'Filebeat') say(`Filebeat: ${(await askFilebeat(stack)).trim()}`);
  say('container | most MiB | last MiB | limit MiB | most of the limit | most CPU');
  for (const [name, row] of [...rows].toSorted(([a], [b]) => a.localeCompare(b)))
    say(
      [
        name.replace(`${stack.project}-`, ''),
        row.mostMib.toFixed(0),
        row.lastMib.toFixed(0),
        row.limitMib.toFixed(0),
        `${((100 * row.mostMib) / row.limitMib).toFixed(0)} %`,
        `${row.mostCpuPercent.toFixed(0)} %`,
      ].join(' | '),
    );
  const format = '{{.Name}} {{.State.OOMKilled}} {{.RestartCount}}';
  const { output } = await must(stack.docker('inspect', '--format', format, ...rows.keys()));
  const died = output.split('\n').filter((line) => line !== '' && !line.endsWith(' false 0'));
  say(died.length === 0 ? 'No container was killed or started again' : died.join('\n'));
}

const seconds = (fromMs: number): string => ((Date.now() - fromMs) / 1000).toFixed(0);
const say = (text: string): unknown => process.stdout.write(`${text}\n`);

if (whyNoLab !== undefined) {
  process.stderr.write(`${whyNoLab}\n`);
  process.exit(2);
}
process.env['GENERATOR_RATE'] = RATE;
const stack = await openComposeStack(`soc-bench-${process.pid}`);
try {
  await run(stack);
} finally {
  await stack.make('down');
}
