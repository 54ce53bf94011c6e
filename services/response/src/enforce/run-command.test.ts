import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

describe('runCommand()', () => {
  it('runCommand() passes arguments as they are: nothing is a shell (K14)', async () => {
    const hostile = '$(id) ; `id` && "x" \'y\' -j ACCEPT\nflush ruleset';
    expect(await runCommand('printf', ['%s', hostile])).toBe(hostile);
  });

  it('runCommand() gives input and takes output, and hands on nothing of the environment', async () => {
    expect(await runCommand('cat', [], 'a line\n')).toBe('a line\n');
    expect(
      (await runCommand('env', []))
        .split('\n')
        .filter((line) => line !== '')
        .toSorted(),
    ).toEqual(['LC_ALL=C', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']);
  });

  it.each([
    ['no-such-program-here', [], 'missing', 'no-such-program-here is not installed'],
    ['false', [], 'failed', 'false ended with 1'],
    ['sh', ['-c', 'printf "Bad\\033[2K\\nthing" >&2; exit 3'], 'failed', 'sh said "Bad [2K thing"'],
    [
      'sh',
      ['-c', 'echo "Operation not permitted" >&2; exit 1'],
      'denied',
      'sh said "Operation not permitted"',
    ],
  ] as const)(
    'runCommand(%s) says on one line why it failed',
    async (program, parameters, failure, said) => {
      await expect(runCommand(program, parameters)).rejects.toMatchObject({
        code: 'FIREWALL_FAILED',
        retryable: true,
        failure,
        said,
      });
    },
  );
});
