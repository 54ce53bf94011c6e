import { describe, expect, it } from 'vitest';
import { countScanners } from './firewall-logs.ts';

const packet = (day: string, source: string, rest: string): string =>
  `${day}T10:00:00.000000+00:00 web01 kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= SRC=${source} DST=10.0.0.5 LEN=44 ${rest}`;
const ports = (count: number, of: (port: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, index) => of(index + 1));
const syn = (port: number): string =>
  `PROTO=TCP SPT=40000 DPT=${port} WINDOW=1024 RES=0x00 SYN URGP=0`;

describe('countScanners()', () => {
  it('counts ports of one day, and no replies', () => {
    const lines = [
      ...ports(15, (port) => packet('2026-03-10', '203.0.113.1', syn(port))),
      ...ports(14, (port) => packet('2026-03-10', '203.0.113.2', syn(port))),
      ...ports(14, (port) => packet('2026-03-11', '203.0.113.2', syn(port + 100))),
      ...ports(99, (port) =>
        packet('2026-03-10', '203.0.113.3', `PROTO=UDP SPT=53 DPT=${port + 30_000} LEN=50`),
      ),
      ...ports(99, (port) =>
        packet('2026-03-10', '203.0.113.4', syn(port).replace('SYN', 'ACK RST')),
      ),
      ...ports(99, (port) =>
        packet('2026-03-10', '203.0.113.5', syn(port)).replace('BLOCK', 'ALLOW'),
      ),
    ];
    expect(countScanners(lines)).toEqual(['203.0.113.1']);
  });
});
