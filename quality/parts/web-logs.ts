/** Real access logs: scanners that must be told of, and the visitors of a site, who must not. */
import { findLog, missingLogs, readLog, type LogFile } from '../log-file.ts';
import type { Part } from '../part.ts';
import { replay } from '../replay.ts';
import { table } from '../table.ts';

interface WebLog extends LogFile {
  /** Addresses that scan; everybody else is innocent. */
  readonly scanners: readonly string[];
}

export const LOGS: readonly WebLog[] = [
  {
    name: 'acunetix',
    path: 'apache-http-logs/acunetix.txt',
    year: 2016,
    scanners: ['192.168.4.25'],
  },
  {
    name: 'netsparker',
    path: 'apache-http-logs/netsparker.txt',
    year: 2016,
    scanners: ['192.168.4.164'],
  },
  { name: 'w3af', path: 'apache-http-logs/w3af.txt', year: 2016, scanners: ['192.168.4.163'] },
  {
    name: 'visitors of a blog',
    path: 'examples/Common Data Formats/apache_logs/apache_logs',
    year: 2015,
    scanners: [],
  },
];

export const WEB_LOGS: Part = {
  name: 'web-logs',
  async measure({ rules, logsFolder }) {
    const rows: (readonly string[])[] = [];
    const accused: string[] = [];
    const atLeast: Record<string, number> = {};
    const atMost: Record<string, number> = {};
    for (const log of LOGS) {
      const file = findLog(logsFolder, log);
      if (file === undefined) continue;
      const lines = readLog(file, log.year);
      const { alerts, understood } = await replay(lines, rules);
      const addresses = new Set(alerts.map(({ alert }) => alert.source_ip ?? 'no address'));
      const found = log.scanners.filter((one) => addresses.has(one));
      const others = [...addresses].filter((one) => !log.scanners.includes(one));
      rows.push([
        log.name,
        String(lines.length),
        String(understood),
        `${found.length} of ${log.scanners.length}`,
        String(others.length),
        [...new Set(alerts.map(({ alert }) => alert.rule_name))].join(', '),
      ]);
      for (const { alert, blocks } of alerts)
        if (others.includes(alert.source_ip ?? 'no address'))
          accused.push(
            `  ${log.name}: ${alert.details.summary}${blocks ? ' (blocked)' : ''}: ${alert.details.evidence[0]?.message.slice(0, 160) ?? ''}`,
          );
      atLeast[`${log.name}: scanners`] = found.length;
      atMost[`${log.name}: others`] = others.length;
    }
    if (rows.length === 0) return missingLogs(logsFolder, LOGS);
    return {
      report: [
        ...table([['log', 'lines', 'understood', 'scanners', 'others', 'by'], ...rows]),
        ...accused.slice(0, 40),
      ],
      atLeast,
      atMost,
    };
  },
};
