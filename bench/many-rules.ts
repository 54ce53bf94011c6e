/**
 * Three hundred rules of the kinds people have: commands of attackers, requests, logins, firewall lines,
 * Windows processes; their words are made up, each rule has its own. And what they cost beside the rules
 * that come with the product, on the same events: the first look at arrivals, and a cycle of each store.
 */
import path from 'node:path';
import { ignoreLimits } from '@mini-soc/model';
import { createArrivalWatch, createCycle } from '@mini-soc/detect';
import type { SocEvent } from '@mini-soc/model';
import { parseLine } from '@mini-soc/parsers';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules, parseRuleFile, type Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import process from 'node:process';
import { figure, median, type Figure } from './clock.ts';
import { sampleLines } from './sample-lines.ts';

export const MANY_RULES = 300;
const FEW_RULES = 5;
const EVENTS = 5508;
const RUNS = 5;

const SYLLABLES = ['ka', 'mor', 'ti', 'ven', 'so', 'lu', 'pra', 'ned', 'xi', 'bor', 'que', 'zan'];
const log = createLogger({ name: 'bench', level: 'silent' });

/** A word of its own for each number. */
function word(number: number): string {
  let text = '';
  for (let rest = number + 12; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    text += SYLLABLES[rest % SYLLABLES.length];
  return text;
}

function list(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}

/** The text of the rule file with this number. */
export function manyRule(number: number): string {
  const words = Array.from({ length: 8 }, (_, index) => word(number * 8 + index));
  const head = `title: Made up ${number}\nlevel: high\n`;
  switch (number % 10) {
    case 0:
    case 1:
    case 2:
      return `${head}logsource: { product: linux, category: process_creation }
detection:
  tool: { action: command_execution, command|contains: ${list(words.slice(0, 4).map((one) => `${one} -`))} }
  target: { command|contains|all: ['/${words[4]}/', '--${words[5]}'] }
  usual: { command|startswith: '/opt/${words[6]}/' }
  condition: (tool or target) and not usual
`;
    case 3:
      return `${head}logsource: { product: linux, category: process_creation }
detection:
  shell: { action: command_execution, command|re: '(?:^|[;&|\\s])${words[0]}\\s+-[a-z]*${words[1]}' }
  other: { action: command_execution, command|re: '${words[2]}(?:${words[3]}|${words[4]})\\b' }
  condition: 1 of *
`;
    case 4:
    case 5:
      return `${head}logsource: { category: webserver }
detection:
  probe: { action: http_request, url_original|contains: ${list(words.map((one) => `/${one}.`))} }
  agent: { log_type: web, user_agent|contains: '${words[3]}' }
  condition: probe or agent
`;
    case 6:
      return `title: Made up ${number}, one
name: one
logsource: { product: linux, service: sshd }
detection:
  failure: { action: ssh_login, status: failure, username: ${list(words)} }
  condition: failure
---
title: Made up ${number}
correlation: { type: event_count, rules: [one], group-by: [source_ip], timespan: 5m, condition: { gte: 4 } }
`;
    case 7:
      return `${head}logsource: { product: linux, service: syslog }
detection:
  keywords: ${list(words.map((one) => `${one} failed`))}
  condition: keywords
`;
    default:
      return `${head}logsource: { product: windows, category: process_creation }
detection:
  process: { log_type: windows, Image|endswith: ${list(words.slice(0, 3).map((one) => `\\${one}.exe`))} }
  line: { log_type: windows, CommandLine|contains: ${list(words.slice(3).map((one) => `${one} /`))} }
  parent: { ParentImage|endswith: '\\${words[0]}.exe' }
  condition: (process or line) and not parent
`;
  }
}

export function manyRules(): readonly Rule[] {
  return Array.from({ length: MANY_RULES }, (_, number) =>
    parseRuleFile(manyRule(number), `made-up-${number}.yml`),
  ).flat();
}

function sampleEvents(startMs: number): readonly SocEvent[] {
  const events: SocEvent[] = [];
  let lines = 0;
  for (const line of sampleLines({ lines: EVENTS, startMs, stepMs: 20, sources: 200 })) {
    lines += 1;
    const parsed = parseLine(line, { arrivalMs: startMs, zoneOffsetMinutes: () => 0 });
    if (parsed !== undefined) events.push({ ...parsed, event_id: `e${lines}` });
  }
  return events;
}

interface Costs {
  readonly firstLook: number;
  readonly memory: number;
  readonly duckdb: number;
}

/** Milliseconds of the processor that each set of rules takes, medians of runs in turn. */
async function costsOf(
  sets: readonly (readonly Rule[])[],
  events: readonly SocEvent[],
  nowMs: number,
): Promise<readonly Costs[]> {
  const times = sets.map(() => ({
    firstLook: [] as number[],
    memory: [] as number[],
    duckdb: [] as number[],
  }));
  for (let run = 0; run < RUNS; run += 1)
    for (const [at, rules] of sets.entries()) {
      const watch = createArrivalWatch({
        rules,
        latenessMs: 120_000,
        startedMs: nowMs,
        onLimit: ignoreLimits,
      });
      times[at]?.firstLook.push(await processorMs(() => watch.observe(events, nowMs)));
      times[at]?.memory.push(await cycleMs(createMemoryStore(), rules, events, nowMs));
      const duckdb = await openDuckDbStore({ path: ':memory:' });
      times[at]?.duckdb.push(await cycleMs(duckdb, rules, events, nowMs));
    }
  return times.map((one) => ({
    firstLook: median(one.firstLook),
    memory: median(one.memory),
    duckdb: median(one.duckdb),
  }));
}

/** Not by the clock: other work of the machine would be in the ratio. */
async function processorMs(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

async function cycleMs(
  store: Store,
  rules: readonly Rule[],
  events: readonly SocEvent[],
  nowMs: number,
): Promise<number> {
  await store.appendEvents(events);
  const cycle = createCycle({
    store,
    rules,
    latenessMs: 120_000,
    now: () => new Date(nowMs),
    logger: log,
    lanesFor: () => [],
    onAlert: () => undefined,
    onLimit: ignoreLimits,
  });
  const took = await processorMs(() => cycle.run());
  await store.close();
  return took;
}

/** One figure for each way; a ratio up to 3 is well. */
export async function manyRulesFigures(): Promise<readonly Figure[]> {
  const nowMs = Date.parse('2026-11-21T12:00:00Z');
  const events = sampleEvents(nowMs - 120_000);
  const few = await loadRules({
    directory: path.resolve(import.meta.dirname, '../rules'),
    overrides: [],
  });
  const five = few.slice(0, FEW_RULES);
  const many = [...five, ...manyRules()].slice(0, MANY_RULES);
  const [before, after] = await costsOf([five, many], events, nowMs);
  return (['firstLook', 'memory', 'duckdb'] as const).map((way) =>
    figure(
      `${MANY_RULES} rules on ${events.length.toLocaleString('en')} events, ${NAMES[way]}`,
      after?.[way] ?? Number.NaN,
      'ms',
      { name: `${five.length} rules`, value: before?.[way] ?? Number.NaN, unit: 'ms' },
    ),
  );
}

const NAMES = {
  firstLook: 'first look',
  memory: 'cycle in memory',
  duckdb: 'cycle in DuckDB',
} as const;
