import { describe, expect, it } from 'vitest';
import { createClock, isTimeZone, isWithin } from './clock.ts';
import { compileFilter } from './matches-filter.ts';

const at = (text: string): number => Date.parse(text);
const minutes = (hours: number, rest = 0): number => hours * 60 + rest;

describe('createClock()', () => {
  it.each([
    ['UTC', '2026-11-23T00:00:00Z', 0, 0],
    ['UTC', '2026-11-22T23:59:59.999Z', 6, minutes(23, 59)],
    ['UTC', '1969-12-31T23:00:00Z', 2, minutes(23)],
    ['Europe/Berlin', '2026-11-22T23:30:00Z', 0, minutes(0, 30)],
    // Summer time ends at 01:00 UTC: half past two comes twice.
    ['Europe/Berlin', '2026-10-25T00:30:00Z', 6, minutes(2, 30)],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', 6, minutes(2, 30)],
    ['Asia/Kathmandu', '2026-11-23T00:00:00Z', 0, minutes(5, 45)],
    ['America/New_York', '2026-11-23T04:59:00Z', 6, minutes(23, 59)],
  ])('createClock() of %s at %s', (zone, text, day, minute) => {
    expect(createClock(zone)(at(text))).toEqual({ day, minute });
  });

  it('isTimeZone() tells names of zones from others', () => {
    expect(['Europe/Berlin', 'UTC', 'Europe/Nowhere', ''].map(isTimeZone)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('isWithin()', () => {
  const night = { days: [4], from: minutes(22), to: minutes(6) };
  it.each([
    [{ day: 4, minute: minutes(22) }, true],
    [{ day: 4, minute: minutes(21, 59) }, false],
    [{ day: 5, minute: minutes(5, 59) }, true],
    [{ day: 5, minute: minutes(6) }, false],
    [{ day: 5, minute: minutes(23) }, false],
    [{ day: 4, minute: minutes(5) }, false],
  ])('isWithin() of the night that begins on Friday: %o', (time, is) => {
    expect(isWithin(time, night)).toBe(is);
  });

  it('isWithin() of a whole day has every minute of it and no other', () => {
    const day = { days: [6], from: 0, to: minutes(24) };
    expect(isWithin({ day: 6, minute: 0 }, day)).toBe(true);
    expect(isWithin({ day: 6, minute: 1439 }, day)).toBe(true);
    expect(isWithin({ day: 0, minute: 0 }, day)).toBe(false);
  });
});

it('an event without a time is in no span and before nothing', () => {
  const days = [0, 1, 2, 3, 4, 5, 6];
  for (const filter of [
    { kind: 'clock', zone: 'UTC', days, from: 0, to: 1440 },
    { kind: 'before', ms: Number.MAX_SAFE_INTEGER },
  ] as const) {
    expect(compileFilter(filter)({})).toBe(false);
    expect(compileFilter(filter)({ '@timestamp': '2026-11-23T00:00:00Z' })).toBe(true);
  }
});
