import { describe, expect, it } from 'vitest';
import { ARRIVAL, ATTACKER, parse } from '../test/hostile-line.ts';
import { parseLine } from './index.ts';

describe('parseLine() of times', () => {
  const at = (stamp: string, arrival = ARRIVAL) =>
    parseLine(`${stamp} web01 sshd[4]: Failed password for root from ${ATTACKER} port 4 ssh2`, {
      arrivalMs: arrival,
      zoneOffsetMinutes: () => 0,
    });
  it.each([
    [
      'C09 New Year, read later',
      'Dec 31 23:59:59',
      '2027-01-01T00:00:05Z',
      '2026-12-31T23:59:59.000Z',
    ],
    [
      'C09 New Year, read early',
      'Jan  1 00:00:01',
      '2026-12-31T23:59:58Z',
      '2027-01-01T00:00:01.000Z',
    ],
    ['C14 no zone', '2026-11-21T03:40:00', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.000Z'],
    [
      'C14 offset',
      '2026-11-21T09:10:00.123456789+05:30',
      '2026-11-21T12:00:00Z',
      '2026-11-21T03:40:00.123Z',
    ],
    ['C14 lower case', '2026-11-21t03:40:00z', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.000Z'],
    ['C14 comma', '2026-11-21 03:40:00,123Z', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.123Z'],
    ['C14 leap second', '2016-12-31T23:59:60Z', '2026-11-21T12:00:00Z', '2017-01-01T00:00:00.000Z'],
    [
      'C14 minus zero',
      '2026-11-21T03:40:00-00:00',
      '2026-11-21T12:00:00Z',
      '2026-11-21T03:40:00.000Z',
    ],
    ['C15 one digit', 'Nov 1 03:40:00', '2026-11-21T12:00:00Z', '2026-11-01T03:40:00.000Z'],
    ['C15 zero', 'Nov 01 03:40:00', '2026-11-21T12:00:00Z', '2026-11-01T03:40:00.000Z'],
    ['C15 year first', '2026 Nov 21 03:40:00', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.000Z'],
    ['C15 year behind', 'Nov 21 2026 03:40:00', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.000Z'],
  ])('%s', (_name, stamp, arrival, wanted) => {
    const event = at(stamp, Date.parse(arrival));
    expect(event?.['@timestamp']).toBe(wanted);
    expect(event?.flags).toBeUndefined();
  });

  it.each([
    'Feb 29 10:00:00',
    '2025-02-29T10:00:00Z',
    '2026-02-31T00:00:00Z',
    'Nov 31 10:00:00',
    '2026-11-21T25:00:00Z',
  ])('C10: %s does not exist: arrival time, flagged', (stamp) => {
    const event = at(stamp, Date.parse('2027-03-05T00:00:00Z'));
    expect(event).toMatchObject({
      '@timestamp': '2027-03-05T00:00:00.000Z',
      flags: ['no_timestamp'],
      source_ip: ATTACKER,
    });
  });
});
