/** Real logs of sshd, beside an independent count of who guesses in them. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseIpAddress } from '@mini-soc/model';
import { z } from 'zod';
import { findLog, missingLogs, readLog, type LogFile } from '../log-file.ts';
import type { Figures, Part } from '../part.ts';
import { replay, type Replay } from '../replay.ts';
import { share, table } from '../table.ts';

export const LOGS: readonly LogFile[] = [
  { name: 'loghub OpenSSH', path: 'loghub/OpenSSH/OpenSSH_2k.log', year: 2015 },
  { name: 'loghub Linux', path: 'loghub/Linux/Linux_2k.log', year: 2005 },
  { name: 'drillworkshop', path: 'drillworkshop/data/auth.log', year: 2014 },
  { name: 'authlogs', path: 'authlogs/secure', year: 2024 },
];

/** One object a file, as tools/count-attempts/count.py prints it. */
const countSchema = z.object({
  attempts: z.record(z.string(), z.number()),
  '5 in 60 s': z.array(z.string()),
  '5 in 10 min': z.array(z.string()),
});
type Count = z.infer<typeof countSchema>;

/** An address with fewer attempts in the whole log may be somebody who mistyped. */
const FEW_ATTEMPTS = 5;

export const SSH_LOGS: Part = {
  name: 'ssh-logs',
  async measure({ rules, logsFolder, sharedFolder }) {
    const counter = path.join(sharedFolder, 'tools/count-attempts/count.py');
    if (!existsSync(counter)) return `the independent count is not here: ${counter}`;
    const present = LOGS.flatMap((log) => {
      const file = findLog(logsFolder, log);
      return file === undefined ? [] : [{ log, file }];
    });
    if (present.length === 0) return missingLogs(logsFolder, LOGS);
    const rows: LogRow[] = [];
    for (const { log, file } of present) {
      const lines = readLog(file, log.year);
      const count = countAttempts(counter, file, log.year);
      rows.push(judge(log.name, lines.length, await replay(lines, rules), count));
    }
    return figuresOf(rows);
  },
};

function countAttempts(counter: string, file: string, year: number): Count {
  const run = spawnSync('python3', [counter, `${file}@${year}`], {
    encoding: 'utf8',
    maxBuffer: 64 * 1_048_576,
  });
  if (run.status !== 0) throw new Error(`Cannot count the attempts in "${file}": ${run.stderr}`);
  return countSchema.parse(JSON.parse(run.stdout));
}

interface LogRow {
  readonly name: string;
  readonly lines: number;
  readonly understood: number;
  readonly inMinute: readonly [found: number, all: number];
  readonly inTenMinutes: readonly [found: number, all: number];
  readonly alerted: number;
  readonly blocked: number;
  /** Alerted with few attempts: address, rules. */
  readonly unsupported: readonly string[];
}

function judge(name: string, lines: number, { alerts, understood }: Replay, count: Count): LogRow {
  const rulesOf = new Map<string, Set<string>>();
  const blocked = new Set<string>();
  for (const { alert, blocks } of alerts) {
    if (alert.source_ip === undefined) continue;
    rulesOf.set(alert.source_ip, (rulesOf.get(alert.source_ip) ?? new Set()).add(alert.rule_name));
    if (blocks) blocked.add(alert.source_ip);
  }
  // The count also names hosts, of which nobody can say the address.
  const among = (names: readonly string[]): readonly [number, number] => {
    const addresses = names.flatMap((one) => parseIpAddress(one) ?? []);
    return [addresses.filter((one) => rulesOf.has(one)).length, addresses.length];
  };
  return {
    name,
    lines,
    understood,
    inMinute: among(count['5 in 60 s']),
    inTenMinutes: among(count['5 in 10 min']),
    alerted: rulesOf.size,
    blocked: blocked.size,
    unsupported: [...rulesOf]
      .filter(([address]) => (count.attempts[address] ?? 0) < FEW_ATTEMPTS)
      .map(
        ([address, rules]) =>
          `${address} (${count.attempts[address] ?? 0} attempts): ${[...rules].join(', ')}`,
      ),
  };
}

function figuresOf(rows: readonly LogRow[]): Figures {
  const total = (pick: (row: LogRow) => number): number =>
    rows.reduce((sum, row) => sum + pick(row), 0);
  return {
    report: [
      ...table([
        ['log', 'lines', 'understood', '≥ 5 in 60 s', '≥ 5 in 10 min', 'alerted', 'blocked'],
        ...rows.map((row) => [
          row.name,
          String(row.lines),
          share(row.understood, row.lines),
          share(...row.inMinute),
          share(...row.inTenMinutes),
          String(row.alerted),
          String(row.blocked),
        ]),
      ]),
      '',
      `addresses with 5 attempts in 60 s that have an alert: ${share(
        total((row) => row.inMinute[0]),
        total((row) => row.inMinute[1]),
      )}`,
      `addresses with 5 attempts in 10 min that have an alert: ${share(
        total((row) => row.inTenMinutes[0]),
        total((row) => row.inTenMinutes[1]),
      )}`,
      `alerted addresses with fewer than ${FEW_ATTEMPTS} attempts: ${share(
        total((row) => row.unsupported.length),
        total((row) => row.alerted),
      )}`,
      ...rows.flatMap((row) => row.unsupported.slice(0, 20).map((one) => `  ${row.name}: ${one}`)),
    ],
    atLeast: Object.fromEntries(
      rows.flatMap((row) => [
        [`${row.name}: 5 in 60 s`, row.inMinute[0]],
        [`${row.name}: 5 in 10 min`, row.inTenMinutes[0]],
      ]),
    ),
    atMost: Object.fromEntries(
      rows.map((row) => [`${row.name}: alerted with few attempts`, row.unsupported.length]),
    ),
  };
}
