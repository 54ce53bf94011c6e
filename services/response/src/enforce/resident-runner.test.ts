import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createResidentRunner } from './resident-runner.ts';
import { runCommand, type RunCommand } from './run-command.ts';

function start(timeoutMs = 5000) {
  const others: string[] = [];
  const run: RunCommand = (program, parameters, input) => {
    others.push(program);
    return runCommand(program, parameters, input);
  };
  return { others, resident: createResidentRunner({ run, timeoutMs }) };
}

describe('createResidentRunner()', () => {
  it('passes arguments as they are: nothing is a shell (K14)', async () => {
    const { resident, others } = start();
    for (const hostile of [
      '$(id) ; `id` && "x" \'y\' -j ACCEPT',
      '\\n\\t\\\\ %s %d',
      '  two  spaces  ',
      '',
      '*',
      '~',
      'ünï',
      '5',
    ])
      expect(Buffer.from(await resident('printf', ['%s', hostile]), 'latin1').toString()).toBe(
        hostile,
      );
    expect(others).toEqual([]);
  });

  it('leaves what a line cannot hold to the other runner', async () => {
    const { resident, others } = start();
    const lines = 'a\nflush ruleset';
    expect(await resident('printf', ['%s', lines])).toBe(lines);
    expect(await resident('cat', [], 'input')).toBe('input');
    const long = 'x'.repeat(5000);
    expect(await resident('printf', ['%s', long])).toBe(long);
    expect(others).toEqual(['printf', 'cat', 'printf']);
  });

  it('hands on nothing of the environment, and answers calls made at once in their order', async () => {
    const { resident } = start();
    const [first, second, environment] = await Promise.all([
      resident('printf', ['1']),
      resident('printf', ['2']),
      resident('env', []),
    ]);
    expect([first, second]).toEqual(['1', '2']);
    const names = environment.split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? ''))).toEqual(
      expect.arrayContaining(['LC_ALL', 'PATH']),
    );
    expect(environment).not.toContain('NODE');
  });

  it.each([
    ['no-such-program-here', [], 'missing', 'no-such-program-here is not installed'],
    ['false', [], 'failed', 'false ended with 1'],
    ['sh', ['-c', 'printf "Bad\\033[2K\\\\nthing" >&2; exit 3'], 'failed', /^sh said "Bad \[2K/],
    ['sh', ['-c', 'echo "Operation not permitted" >&2; exit 1'], 'denied', /not permitted/],
  ] as const)(
    'says of %s why it failed, and goes on',
    async (program, parameters, failure, said) => {
      const { resident } = start();
      await expect(resident(program, parameters)).rejects.toMatchObject({
        code: 'FIREWALL_FAILED',
        retryable: true,
        failure,
        said: typeof said === 'string' ? said : expect.stringMatching(said),
      });
      expect(await resident('printf', ['still there'])).toBe('still there');
    },
  );

  it('ends what does not answer in time, and starts anew', async () => {
    const { resident } = start(2000);
    const folder = await mkdtemp(path.join(tmpdir(), 'soc-resident-'));
    const file = path.join(folder, 'pid');
    await expect(resident('sh', ['-c', `echo $$ > ${file}; exec sleep 100`])).rejects.toMatchObject(
      { said: 'sh did not answer within 2000 ms' },
    );
    expect(await resident('printf', ['again'])).toBe('again');
    const pid = (await readFile(file, 'utf8')).trim();
    const isAlive = () =>
      runCommand('/bin/sh', ['-c', 'kill -0 "$1"', 'sh', pid]).then(
        () => true,
        () => false,
      );
    while (await isAlive()) await new Promise((resolve) => setTimeout(resolve, 10));
    await rm(folder, { recursive: true });
  });

  it('starts anew when its shell was killed', async () => {
    const { resident } = start();
    await expect(resident('sh', ['-c', 'kill -9 $PPID'])).rejects.toMatchObject({
      said: 'sh lost the shell that starts it',
    });
    expect(await resident('printf', ['again'])).toBe('again');
  });

  it('does without where there is no shell', async () => {
    const others: string[] = [];
    const resident = createResidentRunner({
      run: (program, parameters) => {
        others.push(program);
        return runCommand(program, parameters);
      },
      shell: '/no/such/shell',
    });
    expect(await resident('printf', ['first'])).toBe('first');
    expect(await resident('printf', ['second'])).toBe('second');
    expect(others.filter((program) => program === 'printf')).toEqual(['printf', 'printf']);
  });

  it('takes no answer of a program for the end of one', async () => {
    const { resident } = start();
    const text = 'x\n0123456789abcdef0123456789abcdef 0\ny';
    expect(await resident('printf', ['x\\n0123456789abcdef0123456789abcdef 0\\ny'])).toBe(text);
  });
});
