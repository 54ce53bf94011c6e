import { describe, expect, it } from 'vitest';
import type { Severity } from '@mini-soc/model';
import { ip } from '../../test/response-fixture.ts';
import { createRoom, type Beginning } from './room.ts';

const begun = (count: number, ageMs = 0, address = (n: number) => `198.51.100.${n % 250}`) =>
  Array.from({ length: count }, (_none, n): Beginning => ({ address: ip(address(n)), ageMs }));
const wait = (
  beginnings: readonly Beginning[],
  severity: Severity = 'critical',
  address = '203.0.113.9',
  perMinute = 60,
) => createRoom(perMinute, beginnings).waitMs(ip(address), severity);

describe('createRoom()', () => {
  it('createRoom() takes as many at once as a minute may have', () => {
    expect(wait([])).toBe(0);
    expect(wait(begun(59))).toBe(0);
    expect(wait(begun(60))).toBe(1000);
  });

  it('createRoom() lets the next one in after a second, not when the minute is over (N66)', () => {
    expect(wait(begun(60, 999))).toBe(1);
    expect(wait(begun(60, 1000))).toBe(0);
    expect(wait(begun(60, 30_000))).toBe(0);
  });

  it('createRoom() keeps a quarter for severe alerts', () => {
    const throwaway = begun(45);
    expect(wait(throwaway, 'medium')).toBe(1000);
    expect(wait(throwaway, 'low')).toBe(16_000);
    expect(wait(throwaway, 'high')).toBe(0);
    expect(wait(throwaway, 'critical')).toBe(0);
  });

  it('createRoom() gives a /64 a twentieth, and others are not asked to wait for it', () => {
    const near = begun(3, 0, (n) => `2001:db8:77:1::${n + 1}`);
    expect(wait(near, 'critical', '2001:db8:77:1:ffff::9')).toBe(20_000);
    expect(wait(near, 'critical', '2001:db8:77:2::9')).toBe(0);
    expect(wait(near, 'critical', '203.0.113.9')).toBe(0);
  });

  it('createRoom() counts what is taken meanwhile', () => {
    const room = createRoom(60, begun(58));
    room.take(ip('203.0.113.1'));
    expect(room.waitMs(ip('203.0.113.9'), 'high')).toBe(0);
    room.take(ip('2001:db8::1'));
    expect(room.waitMs(ip('203.0.113.9'), 'high')).toBe(1000);
  });

  it('createRoom() empties evenly between blocks, and never below nothing', () => {
    const spread = [...begun(30, 59_000), ...begun(30, 10_000), ...begun(20, 0)];
    // 30 have run out; of the next 30 20 are left after ten seconds.
    expect(wait(spread)).toBe(0);
    expect(wait([...spread, ...begun(20, 0)])).toBe(1000);
  });

  it('createRoom() has room for one whatever the number is', () => {
    expect(wait([], 'low', '203.0.113.9', 1)).toBe(0);
    expect(wait([], 'low', '2001:db8::1', 1)).toBe(0);
  });
});
