import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationSchema, formatDuration, parseDuration } from './duration.ts';

describe('parseDuration()', () => {
  it.each([
    ['0ms', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
    ['36500d', 3_153_600_000_000],
  ])('parseDuration() reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '5',
    's',
    '5 s',
    ' 5s',
    '5s\n',
    '1.5h',
    '-5s',
    '+5s',
    '5S',
    '5M',
    '1h30m',
    '٥s',
    '5e3s',
    '1w',
  ])('parseDuration() refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('parseDuration() refuses what no date could be moved by', () => {
    expect(parseDuration('36501d')).toBeUndefined();
    expect(parseDuration('999999999d')).toBeUndefined();
    expect(parseDuration('9999999999s')).toBeUndefined();
  });
});

describe('formatDuration()', () => {
  it.each([
    [0, '0ms'],
    [1, '1ms'],
    [90_000, '90s'],
    [3_600_000, '1h'],
    [86_400_000, '1d'],
    [90_061_000, '90061s'],
  ])('formatDuration() writes %d as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('formatDuration() writes what parseDuration() reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('durationSchema', () => {
  it('durationSchema turns text into milliseconds or says what it wants', () => {
    expect(durationSchema.parse('5m')).toBe(300_000);
    expect(durationSchema.safeParse('soon').error?.issues[0]?.message).toBe(
      'Expected a duration such as 30s, 5m or 2h',
    );
  });
});
