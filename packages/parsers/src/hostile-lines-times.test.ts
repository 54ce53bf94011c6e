import { describe, expect, it } from 'vitest';
import { ARRIVAL, ATTACKER } from '../test/hostile-line.ts';
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

  it('C09: 29 February is the last leap year, in the next one too', () => {
    expect(at('Feb 29 10:00:00', Date.parse('2028-03-01T00:00:00Z'))?.['@timestamp']).toBe(
      '2028-02-29T10:00:00.000Z',
    );
    expect(at('Feb 29 10:00:00', Date.parse('2029-01-05T00:00:00Z'))?.['@timestamp']).toBe(
      '2028-02-29T10:00:00.000Z',
    );
  });

  it('C09: a remembered time follows the arrival into another year', () => {
    const stamp = 'Jun 15 10:00:00';
    expect(at(stamp, Date.parse('2026-06-15T10:00:01Z'))?.['@timestamp'].slice(0, 4)).toBe('2026');
    expect(at(stamp, Date.parse('2027-06-15T10:00:01Z'))?.['@timestamp'].slice(0, 4)).toBe('2027');
    expect(at(stamp, Date.parse('2027-01-01T00:00:00Z'))?.['@timestamp'].slice(0, 4)).toBe('2026');
  });

  it.each([
    ['C13 within the bound', '2026-11-21T12:04:59Z', '2026-11-21T12:04:59.000Z', undefined],
    ['C13 ahead', '2026-11-21T12:05:01Z', '2026-11-21T12:00:00.000Z', ['clock_skew']],
    ['C13 an hour ahead', 'Nov 21 13:00:00', '2026-11-21T12:00:00.000Z', ['clock_skew']],
    ['C21 a day late', '2026-11-20T12:00:00Z', '2026-11-20T12:00:00.000Z', undefined],
    ['C21 ten years late', '2016-11-20T12:00:00Z', '2016-11-20T12:00:00.000Z', undefined],
    ['before there was time', '1969-11-20T12:00:00Z', '2026-11-21T12:00:00.000Z', ['clock_skew']],
  ])('%s: %s', (_id, stamp, wanted, flags) => {
    const event = at(stamp);
    expect([event?.['@timestamp'], event?.flags]).toEqual([wanted, flags]);
  });
});

/** Europe/Berlin in 2026 as the callback must answer: the offset before the change in a skipped or repeated hour. */
function berlin(localMs: number): number {
  const isSummer =
    localMs >= Date.parse('2026-03-29T03:00:00Z') && localMs < Date.parse('2026-10-25T03:00:00Z');
  return isSummer ? 120 : 60;
}

describe('parseLine() at clock changes', () => {
  const at = (stamp: string, arrival: string) => {
    const event = parseLine(`${stamp} web01 sshd[4]: Server listening on 0.0.0.0 port 22.`, {
      arrivalMs: Date.parse(arrival),
      zoneOffsetMinutes: berlin,
    });
    return [event?.['@timestamp'], event?.flags];
  };
  it.each([
    ['before the gap', 'Mar 29 01:59:59', '2026-03-29T00:59:59.000Z', undefined],
    ['C11 in the gap', 'Mar 29 02:30:00', '2026-03-29T01:30:00.000Z', ['ambiguous']],
    ['behind the gap', 'Mar 29 03:00:00', '2026-03-29T01:00:00.000Z', undefined],
    [
      'before the hour that is shown twice',
      'Oct 25 01:59:59',
      '2026-10-24T23:59:59.000Z',
      undefined,
    ],
    ['C12 shown twice, read later', 'Oct 25 02:30:00', '2026-10-25T00:30:00.000Z', ['ambiguous']],
    ['behind it', 'Oct 25 03:00:00', '2026-10-25T02:00:00.000Z', undefined],
  ])('%s', (_id, stamp, wanted, flags) => {
    expect(at(stamp, '2026-11-21T12:00:00Z')).toEqual([wanted, flags]);
    expect(
      at(
        `2026-${stamp.startsWith('Mar') ? '03' : '10'}-${stamp.slice(4, 6)}T${stamp.slice(7)}`,
        '2026-11-21T12:00:00Z',
      ),
    ).toEqual([wanted, flags]);
  });

  it('C12: a line that has just been written is the hour in which it arrives', () => {
    expect(at('Oct 25 02:30:00', '2026-10-25T00:30:01Z')[0]).toBe('2026-10-25T00:30:00.000Z');
    expect(at('Oct 25 02:30:00', '2026-10-25T01:30:01Z')[0]).toBe('2026-10-25T01:30:00.000Z');
  });

  it('a time that names its zone is never in doubt', () => {
    expect(at('2026-10-25T02:30:00+01:00', '2026-11-21T12:00:00Z')).toEqual([
      '2026-10-25T01:30:00.000Z',
      undefined,
    ]);
  });
});
