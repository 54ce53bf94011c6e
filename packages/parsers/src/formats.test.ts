import { eventSchema, LOG_TYPES } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { ARRIVAL, parse } from '../test/hostile-line.ts';
import { hasLinesOfItsOwn, messageParserOf, programOf, usualLogs } from './find-format.ts';
import { FORMATS, LOG_FORMATS, type Format } from './formats.ts';
import { parseLine } from './parse-line.ts';

const formats: readonly Format[] = FORMATS;

describe('FORMATS', () => {
  it('FORMATS gives each name and program to one format, and each first character of a line that is asked about first', () => {
    for (const all of [
      formats.map((format) => format.name),
      formats.flatMap((format) => format.programs),
      formats.flatMap(({ line }) => (line?.turn === 'first' ? [...line.starts] : [])),
      ...formats.map(({ line }) => [...(line?.starts ?? '')]),
    ])
      expect(all.toSorted()).toEqual([...new Set(all)].toSorted());
  });

  it('FORMATS has a parser wherever it has programs, and log types of the model', () => {
    for (const format of formats) {
      expect([format.name, format.parse !== undefined]).toEqual([
        format.name,
        format.programs.length > 0,
      ]);
      expect(format.logTypes.length).toBeGreaterThan(0);
      expect(LOG_TYPES).toEqual(expect.arrayContaining([...format.logTypes]));
    }
  });

  it('every kind of log that the model knows is of a format', () => {
    expect(new Set(formats.flatMap((format) => format.logTypes))).toEqual(new Set(LOG_TYPES));
  });

  it('FORMATS names logs by absolute paths without patterns', () => {
    for (const path of usualLogs()) expect(path).toMatch(/^\/var\/log\/[a-z0-9_./-]+$/);
    expect(usualLogs()).toEqual([...new Set(usualLogs())]);
    expect(usualLogs()).toEqual(
      expect.arrayContaining(['/var/log/auth.log', '/var/log/secure', '/var/log/ufw.log']),
    );
  });

  it('LOG_FORMATS begins with the two that are no format', () => {
    expect(LOG_FORMATS).toEqual(['auto', 'syslog', ...formats.map((format) => format.name)]);
  });
});

describe('messageParserOf()', () => {
  it('messageParserOf() gives every program of the list its parser', () => {
    for (const format of formats)
      for (const program of format.programs) expect(messageParserOf(program)).toBe(format.parse);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', '', 'dockerd'])(
    'messageParserOf() knows no program called %j, and no line of it is an event',
    (program) => {
      expect(messageParserOf(program)).toBeUndefined();
      expect(parse(`Nov 21 03:40:00 web01 ${program}[4]: nothing of ours`)).toBeUndefined();
    },
  );
});

describe('the formats without a header', () => {
  it('hasLinesOfItsOwn() is true of those alone whose lines can begin with their own time', () => {
    expect(LOG_FORMATS.filter(hasLinesOfItsOwn)).toEqual([
      'auto',
      'web-error',
      'vsftpd',
      'fortigate',
    ]);
  });

  it.each(formats.filter((format) => format.programs.length > 0).map((format) => format.name))(
    'a line without a header in a file of %s is a message of its first program',
    (name) => {
      const format = LOG_FORMATS.find((known) => known === name) ?? 'auto';
      const program = formats.find((entry) => entry.name === name)?.programs[0];
      expect(programOf(format)).toBe(program);
      const event = parseLine('pam_unix(x:session): session opened for user alice by (uid=0)', {
        arrivalMs: ARRIVAL,
        zoneOffsetMinutes: () => 0,
        format,
      });
      if (event === undefined) return;
      eventSchema.parse({ ...event, event_id: 'x' });
      expect(event.program).toBe(program);
    },
  );

  it('a module of PAM speaks for itself, whoever carries it', () => {
    for (const program of ['sshd', 'httpd', 'unknown'])
      expect(
        parse(
          `Nov 21 03:40:00 web01 ${program}(pam_unix)[4]: authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=198.51.100.7  user=root`,
        ),
      ).toMatchObject({ action: 'pam_auth', source_ip: '198.51.100.7', username: 'root', program });
  });
});
