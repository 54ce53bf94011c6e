import { LIMITS } from '@mini-soc/model/limits';
import { describe, expect, it } from 'vitest';
import { createFileMemory } from './file-memory.ts';
import { parseLine } from './parse-line.ts';

const CONTEXT = { arrivalMs: Date.UTC(2026, 10, 21, 12), zoneOffsetMinutes: () => 0 };
const START =
  'Nov 21 11:00:00 web01 sudo[7]:    alice : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/ls -l';

describe('parseLine() of sudo with what was told of starts', () => {
  it('takes the end of a command for no second execution, once', () => {
    const context = { ...CONTEXT, memory: createFileMemory() };
    const actions = [START, `${START} ; EXIT=0`, `${START} ; EXIT=0`].map(
      (line) => parseLine(line, context)?.action,
    );
    expect(actions).toEqual(['command_execution', 'sudo_event', 'command_execution']);
  });

  it('takes the status off the command', () => {
    expect(parseLine(`${START} ; EXIT=1`, CONTEXT)).toMatchObject({
      action: 'command_execution',
      command: '/bin/ls -l',
      extra: { exit: '1' },
    });
  });

  it('believes no ending whose start was another command or process', () => {
    const context = { ...CONTEXT, memory: createFileMemory() };
    parseLine(START, context);
    const other = START.replace('sudo[7]', 'sudo[8]');
    expect(parseLine(`${other} ; EXIT=0`, context)?.action).toBe('command_execution');
    expect(parseLine(START.replace('/bin/ls -l', '/bin/sh ; EXIT=0'), context)?.action).toBe(
      'command_execution',
    );
  });

  it('remembers a bounded number of starts', () => {
    const memory = createFileMemory();
    const most = LIMITS.sudo_starts.value;
    for (let pid = 0; pid < 2 * most; pid++)
      parseLine(START.replace('sudo[7]', `sudo[${pid}]`), { ...CONTEXT, memory });
    expect(memory.sudo.starts).toHaveLength(most);
  });
});
