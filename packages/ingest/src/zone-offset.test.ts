import { ConfigError } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { createZoneOffset } from './zone-offset.ts';

const wall = (text: string) => Date.parse(`${text}Z`);

describe('createZoneOffset()', () => {
  it.each([
    ['Europe/Berlin', '2026-01-15T12:00:00', 60],
    ['Europe/Berlin', '2026-07-15T12:00:00', 120],
    ['Europe/Berlin', '2026-03-29T01:59:59', 60],
    ['Europe/Berlin', '2026-03-29T02:30:00', 60],
    ['Europe/Berlin', '2026-03-29T03:00:00', 120],
    ['Europe/Berlin', '2026-10-25T01:59:59', 120],
    ['Europe/Berlin', '2026-10-25T02:30:00', 120],
    ['Europe/Berlin', '2026-10-25T03:00:00', 60],
    ['America/New_York', '2026-07-01T00:00:00', -240],
    ['Asia/Kolkata', '2026-07-01T00:00:00', 330],
    ['UTC', '2026-07-01T00:00:00', 0],
  ])('%s at wall time %s is %i minutes', (zone, local, minutes) => {
    expect(createZoneOffset(zone)(wall(local))).toBe(minutes);
  });

  it('names the variable when the zone is unknown', () => {
    expect(() => createZoneOffset('Mars/Base')).toThrow(ConfigError);
    expect(() => createZoneOffset('Mars/Base')).toThrow(/LOG_TIME_ZONE .*"Mars\/Base"/);
  });
});
