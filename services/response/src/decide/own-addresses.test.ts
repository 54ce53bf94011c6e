import { describe, expect, it } from 'vitest';
import { ip } from '../../test/response-fixture.ts';
import {
  broadcastOf,
  gateways4,
  gateways6,
  nameServers,
  rememberOwnAddresses,
} from './own-addresses.ts';

describe('own addresses', () => {
  it('gateways4() reads hexadecimal words with the lowest byte first', () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010071CB\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'eth0\t000071CB\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'nonsense',
      '',
    ].join('\n');
    expect(gateways4(table)).toEqual(['203.113.0.1']);
    expect(gateways4('')).toEqual([]);
  });

  it('gateways6() reads the next hop of each route', () => {
    const table = [
      '00000000000000000000000000000000 00 00000000000000000000000000000000 00 20010db8000000000000000000000001 00000400 00000001 00000000 00000003     eth0',
      'fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0',
      '',
    ].join('\n');
    expect(gateways6(table)).toEqual(['2001:0db8:0000:0000:0000:0000:0000:0001']);
  });

  it('nameServers() reads addresses without their zones and no comments', () => {
    const text =
      '# nameserver 198.51.100.1\nnameserver 198.51.100.2\n  nameserver\t2001:db8::53%eth0\nsearch example.org\n';
    expect(nameServers(text)).toEqual(['198.51.100.2', '2001:db8::53']);
  });

  it('broadcastOf() sets the bits beyond the mask', () => {
    expect(broadcastOf('198.51.100.7', '255.255.255.0')).toEqual(['198.51.100.255']);
    expect(broadcastOf('198.51.100.7', '255.255.255.252')).toEqual(['198.51.100.7']);
    expect(broadcastOf('198.51.100.7', '255.255.255.255')).toEqual([]);
    expect(broadcastOf('2001:db8::1', 'ffff:ffff:ffff:ffff::')).toEqual([]);
  });
});

describe('rememberOwnAddresses()', () => {
  it('rememberOwnAddresses() reads again after its time, or when it is told to', () => {
    const clock = { ms: 0 };
    const reads: number[] = [];
    const own = rememberOwnAddresses(
      () => {
        reads.push(clock.ms);
        return [ip(`198.51.100.${reads.length}`)];
      },
      () => clock.ms,
    );
    expect(own.present()).toEqual(['198.51.100.1']);
    clock.ms = 14_999;
    expect(own.present()).toEqual(['198.51.100.1']);
    clock.ms = 15_000;
    expect(own.present()).toEqual(['198.51.100.2']);
    expect(own.again()).toEqual(['198.51.100.3']);
    expect(reads).toEqual([0, 15_000, 15_000]);
  });
});
