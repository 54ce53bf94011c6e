import { describe, expect, it } from 'vitest';
import { parse } from '../test/hostile-line.ts';

const P = 'Nov 21 03:40:00 web01 scanlogd: ';

describe('parseScanlogd()', () => {
  it('parseScanlogd() reads who scanned whom, with a port behind the address or without', () => {
    for (const message of [
      '198.51.100.7 to 203.0.113.9 ports 80, 81, 8080, fSrpauxy, TOS 00, TTL 49 @03:39:58',
      '198.51.100.7:40123 to 203.0.113.9 ports 80, 81, 8080, fSrpauxy, TOS 00, TTL 49 @03:39:58',
    ])
      expect(parse(P + message)).toMatchObject({
        log_type: 'network',
        action: 'port_scan',
        source_ip: '198.51.100.7',
        destination_ip: '203.0.113.9',
        extra: { ports: [80, 81, 8080] },
      });
  });

  it.each(['', 'to 203.0.113.9 ports 80', 'nobody to 203.0.113.9 ports 80', '198.51.100.7 to x'])(
    'parseScanlogd() makes no event of %j',
    (message) => {
      expect(parse(P + message)).toBeUndefined();
    },
  );
});
