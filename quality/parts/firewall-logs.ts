/** A real week of packets that a firewall dropped, beside an independent count of who scans in it. */
import { findLog, missingLogs, readLog, type LogFile } from '../log-file.ts';
import type { Part } from '../part.ts';
import { replay } from '../replay.ts';
import { share } from '../table.ts';

export const LOG: LogFile = { name: 'ufw', path: 'cs456_blueteam/ufw.log', year: 2025 };
const PORTS = 15;

/** Sources that begin connections to many ports within a day of the calendar: no replies, no resets. */
export function countScanners(lines: readonly string[]): readonly string[] {
  const ports = new Map<string, Set<string>>();
  for (const line of lines) {
    if (!line.includes('[UFW BLOCK]')) continue;
    const packet = / SRC=(\S+) DST=\S+ .*PROTO=(TCP|UDP) SPT=(\d+) DPT=(\d+)(.*)$/.exec(line);
    if (packet === null) continue;
    const [, source = '', protocol = '', from = '', to = '', rest = ''] = packet;
    const begins = protocol === 'TCP' ? !/ (ACK|RST) /.test(`${rest} `) : Number(from) > 1023;
    if (!begins) continue;
    const key = `${source} ${line.slice(0, 10)}`;
    ports.set(key, (ports.get(key) ?? new Set()).add(to));
  }
  return [
    ...new Set(
      [...ports].filter(([, tried]) => tried.size >= PORTS).map(([key]) => key.split(' ')[0] ?? ''),
    ),
  ];
}

export const FIREWALL_LOGS: Part = {
  name: 'firewall-logs',
  async measure({ rules, logsFolder }) {
    const file = findLog(logsFolder, LOG);
    if (file === undefined) return missingLogs(logsFolder, [LOG]);
    const lines = readLog(file, LOG.year);
    const scanners = countScanners(lines.map(({ line }) => line));
    const { alerts, understood } = await replay(lines, rules);
    const alerted = new Set(alerts.flatMap(({ alert }) => alert.source_ip ?? []));
    const found = scanners.filter((one) => alerted.has(one)).length;
    const others = [...alerted].filter((one) => !scanners.includes(one));
    return {
      report: [
        `${lines.length} lines, ${share(understood, lines.length)} became events`,
        `sources that try ${PORTS} ports within a day and have an alert: ${share(found, scanners.length)}`,
        `alerted besides: ${others.length} ${others.slice(0, 10).join(', ')}`,
        `blocked: ${alerts.filter(({ blocks }) => blocks).length}`,
      ],
      atLeast: { scanners: found },
      atMost: { others: others.length },
    };
  },
};
