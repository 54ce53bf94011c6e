/**
 * `npm run corpora`: how many labelled lines of other projects come out of our parsers right, per source
 * and service, with every miss by name; what `corpora-exceptions.ts` names is counted apart. Skips with a sentence where the corpora are absent.
 *
 * What a label means here: `is_auth_failure` true wants status "failure", false wants another one;
 * `is_success` wants status "success"; `is_attack` true wants an event whose status is "failure" or
 * "blocked", a scan that a detector of scans reports, or a request of a web server (what a request asks
 * for is for rules to judge), false wants
 * no failure of a login (action ssh_login); `parsed: false` is another tool's limit and is not scored.
 * `debatable` and `peers_disagree` failures are not scored: peers read them both ways. A host name may
 * be given where the label has none. A missing label is not scored.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseIpAddress, type ParsedEvent } from '@mini-soc/model';
import { parseLine, type LogFormat } from '@mini-soc/parsers';
import { z } from 'zod';
import { findException } from './corpora-exceptions.ts';

const CORPORA = path.resolve(import.meta.dirname, '../../shared/corpora');
/** Services that this version promises, with the least share of labelled lines that must be right. */
const PROMISED = [
  'sshd',
  'dropbear',
  'sudo',
  'su',
  'pam',
  'nginx-access',
  'nginx-error',
  'apache-access',
  'apache-error',
  'web-access-access',
  'iptables',
  'ufw',
];
const LEAST_SHARE = 0.95;

const lineSchema = z.looseObject({
  source: z.string(),
  origin: z.unknown(),
  service: z.string(),
  log: z.string().optional(),
  line: z.string(),
  group: z.union([z.string(), z.number()]).optional(),
  expect: z.looseObject({
    is_auth_failure: z.boolean().optional(),
    is_success: z.boolean().optional(),
    is_attack: z.boolean().optional(),
    source_ip: z.string().optional(),
    source_host: z.string().optional(),
    source_port: z.number().optional(),
    username: z.string().optional(),
    target_user: z.string().optional(),
    command: z.string().optional(),
    pwd: z.string().optional(),
    tty: z.string().optional(),
    hostname: z.string().optional(),
    program: z.string().optional(),
    pid: z.number().optional(),
    http: z.record(z.string(), z.unknown()).optional(),
    firewall: z.record(z.string(), z.unknown()).optional(),
    timestamp: z.string().optional(),
    timestamp_kind: z.string().optional(),
    repeat: z.number().optional(),
    flags: z.array(z.string()).optional(),
  }),
});
type LabelledLine = z.infer<typeof lineSchema>;

const FORMATS: Readonly<Record<string, LogFormat>> = {
  sshd: 'sshd',
  sudo: 'sudo',
  su: 'su',
  pam: 'pam',
  dropbear: 'dropbear',
  vsftpd: 'vsftpd',
  doas: 'doas',
  pkexec: 'pkexec',
  iptables: 'firewall',
  ufw: 'firewall',
};

/** Differences between what was labelled and what we read; undefined when nothing was labelled. */
export function compare(
  labelled: LabelledLine,
  event: ParsedEvent | undefined,
): readonly string[] | undefined {
  const { expect } = labelled;
  const wrong: string[] = [];
  let labels = 0;
  const check = (name: string, isRight: boolean, got: unknown): void => {
    labels += 1;
    if (!isRight) wrong.push(`${name}: got ${JSON.stringify(got) ?? 'nothing'}`);
  };
  const flags = expect.flags ?? [];
  const isDebatable =
    flags.includes('debatable') ||
    flags.includes('peers_disagree') ||
    flags.includes('context_dependent');
  if (expect.is_auth_failure !== undefined && !(isDebatable && !expect.is_auth_failure))
    check(
      'is_auth_failure',
      (event?.status === 'failure') === expect.is_auth_failure,
      event?.status,
    );
  if (expect.is_success === true) check('is_success', event?.status === 'success', event?.status);
  if (expect.is_attack === true)
    check(
      'is_attack',
      event !== undefined &&
        (event.status === 'failure' ||
          event.status === 'blocked' ||
          event.action === 'port_scan' ||
          event.log_type === 'web'),
      event?.status,
    );
  if (expect.is_attack === false)
    check(
      'is_attack',
      !(event?.action === 'ssh_login' && event.status === 'failure'),
      event?.action,
    );
  if (expect.source_ip !== undefined && !flags.includes('nonstandard_ip'))
    check(
      'source_ip',
      event?.source_ip ===
        (parseIpAddress(expect.source_ip.split('%')[0] ?? '') ?? expect.source_ip),
      event?.source_ip,
    );
  if (expect.source_host !== undefined)
    check('source_host', event?.source_host === expect.source_host, event?.source_host);
  const texts: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['username', expect.username, event?.username],
    ['target_user', expect.target_user, event?.target_user],
    ['command', expect.command, event?.command],
    ['pwd', expect.pwd, event?.working_directory],
    ['tty', expect.tty, event?.tty],
    ['hostname', expect.hostname, event?.hostname],
    // An access log names no program: its label comes from the name of the file.
    [
      'program',
      labelled.log === 'access' || event?.program === undefined ? undefined : expect.program,
      event?.program,
    ],
  ];
  for (const [name, wanted, got] of texts)
    if (wanted !== undefined) check(name, got === wanted, got);
  if (expect.source_port !== undefined)
    check('source_port', event?.source_port === expect.source_port, event?.source_port);
  if (expect.pid !== undefined) check('pid', event?.pid === expect.pid, event?.pid);
  if (expect.repeat !== undefined)
    check('repeat', (event?.repeat_count ?? 1) === expect.repeat, event?.repeat_count);
  if (expect.http !== undefined) checkHttp(expect.http, event, check);
  if (expect.firewall !== undefined) checkFirewall(expect.firewall, event, check);
  if (expect.timestamp !== undefined && !flags.includes('no_timestamp'))
    check(
      'timestamp',
      isSameTime(expect.timestamp, expect.timestamp_kind, event),
      event?.['@timestamp'],
    );
  return labels === 0 ? undefined : wrong;
}

type Check = (name: string, isRight: boolean, got: unknown) => void;

function checkHttp(
  http: Readonly<Record<string, unknown>>,
  event: ParsedEvent | undefined,
  check: Check,
): void {
  const got: Readonly<Record<string, unknown>> = {
    method: event?.http_method,
    target: event?.url_original,
    version: event?.http_version,
    status: event?.http_status,
    bytes: event?.bytes,
    referer: event?.referrer,
    user_agent: event?.user_agent,
    remote_user: event?.username,
    vhost: event?.http_host,
  };
  for (const [name, wanted] of Object.entries(http)) {
    if (!Object.hasOwn(got, name)) continue;
    const isAbsent = wanted === '-' || wanted === '' || wanted === null;
    check(
      `http.${name}`,
      isAbsent
        ? got[name] === undefined
        : JSON.stringify(String(got[name])) ===
            JSON.stringify(typeof wanted === 'string' ? wanted : JSON.stringify(wanted)),
      got[name],
    );
  }
}

function checkFirewall(
  firewall: Readonly<Record<string, unknown>>,
  event: ParsedEvent | undefined,
  check: Check,
): void {
  const got: Readonly<Record<string, unknown>> = {
    src_ip: event?.source_ip,
    dst_ip: event?.destination_ip,
    src_port: event?.source_port,
    dst_port: event?.destination_port,
    proto: event?.protocol?.toUpperCase(),
    in: event?.interface_in,
    length: event?.bytes,
  };
  for (const [name, wanted] of Object.entries(firewall)) {
    if (name === 'length' && event?.message.split(' LEN=').length === 3) continue; // the label is the inner length
    if (Object.hasOwn(got, name))
      check(
        `firewall.${name}`,
        String(got[name]).toUpperCase() === String(wanted).toUpperCase(),
        got[name],
      );
  }
}

function isSameTime(
  wanted: string,
  kind: string | undefined,
  event: ParsedEvent | undefined,
): boolean {
  if (event === undefined) return false;
  const got = event['@timestamp'];
  if (kind === 'utc') return Math.abs(Date.parse(got) - Date.parse(wanted)) < 1000;
  // Lines are parsed as UTC here, so wall-clock times can be compared as text.
  return kind === 'yearless'
    ? got.slice(5, 19) === wanted.slice(5, 19)
    : got.slice(0, 19) === wanted.slice(0, 19);
}

interface Tally {
  right: number;
  all: number;
  readonly rightGroups: Set<string>;
  readonly groups: Set<string>;
}

function report(): number {
  if (!existsSync(CORPORA)) {
    process.stdout.write('The labelled corpora are not here: nothing was compared\n');
    return 0;
  }
  const files = [
    ...readdirSync(path.join(CORPORA, 'lines')).map((name) => path.join(CORPORA, 'lines', name)),
    ...readdirSync(path.join(CORPORA, 'streams')).map((name) =>
      path.join(CORPORA, 'streams', name, 'lines.jsonl'),
    ),
  ].filter((file) => file.endsWith('.jsonl') && existsSync(file));
  const tallies = new Map<string, Tally>();
  const misses: string[] = [];
  const excepted = new Map<string, number>();
  for (const file of files) {
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      if (text === '') continue;
      const labelled = lineSchema.parse(JSON.parse(text));
      const kind =
        labelled.log === undefined ? labelled.service : `${labelled.service}-${labelled.log}`;
      const format = FORMATS[labelled.service];
      const event = parseLine(labelled.line, {
        arrivalMs: Date.now(),
        zoneOffsetMinutes: () => 0,
        ...(format === undefined ? {} : { format }),
      });
      const wrong = compare(labelled, event);
      if (wrong === undefined) continue;
      const exception = wrong.length === 0 ? undefined : findException(labelled.line, wrong);
      if (exception !== undefined) {
        const title = `${exception.name}: ${exception.reason}`;
        excepted.set(title, (excepted.get(title) ?? 0) + 1);
        continue;
      }
      const name = `${labelled.source}/${kind}`;
      const tally = tallies.get(name) ?? {
        right: 0,
        all: 0,
        rightGroups: new Set(),
        groups: new Set(),
      };
      tallies.set(name, tally);
      const group = String(labelled.group ?? labelled.line);
      tally.all += 1;
      tally.groups.add(group);
      if (wrong.length === 0) {
        tally.right += 1;
        tally.rightGroups.add(group);
      } else
        misses.push(
          `${name} ${typeof labelled.origin === 'string' ? labelled.origin : JSON.stringify(labelled.origin)}: ${wrong.join('; ')}\n    ${JSON.stringify(labelled.line.slice(0, 300))}`,
        );
    }
  }
  for (const miss of misses) process.stdout.write(`miss  ${miss}\n`);
  for (const [title, count] of excepted)
    process.stdout.write(`excepted, ${count} lines  ${title}\n`);
  const perService = new Map<string, { right: number; all: number }>();
  for (const [name, tally] of [...tallies].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const service = name.slice(name.indexOf('/') + 1);
    const sum = perService.get(service) ?? { right: 0, all: 0 };
    perService.set(service, { right: sum.right + tally.right, all: sum.all + tally.all });
    process.stdout.write(
      `${name.padEnd(32)} ${tally.right} of ${tally.all} lines, ${tally.rightGroups.size} of ${tally.groups.size} groups\n`,
    );
  }
  const failing = PROMISED.filter((service) => {
    const sum = perService.get(service);
    return sum !== undefined && sum.right < LEAST_SHARE * sum.all;
  });
  for (const service of PROMISED) {
    const sum = perService.get(service);
    if (sum !== undefined)
      process.stdout.write(
        `${service.padEnd(20)} ${((100 * sum.right) / sum.all).toFixed(1)} % of ${sum.all} labelled lines\n`,
      );
  }
  if (failing.length > 0)
    process.stdout.write(`Below ${LEAST_SHARE * 100} %: ${failing.join(', ')}\n`);
  return failing.length === 0 ? 0 : 1;
}

process.exitCode = report();
