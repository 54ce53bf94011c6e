import { describe, expect, it } from 'vitest';
import { readScript } from './read-script.ts';

/** Words of each command. */
const words = (text: string): readonly (readonly string[])[] =>
  readScript(text).commands.map((command) => command.words.map((word) => word.text));

describe('readScript()', () => {
  it.each<[string, string, readonly (readonly string[])[]]>([
    ['blanks', ' ls  -l\t/srv ', [['ls', '-l', '/srv']]],
    ['lists and pipes', 'a;b&&c||d|e & f', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
    ['single quotes', "a 'b c' d'e'f", [['a', 'b c', 'def']]],
    ['double quotes', 'a "b \\" \\x $y" c', [['a', 'b " \\x $y', 'c']]],
    ['escapes', 'a\\ b c\\;d \\\ne', [['a b', 'c;d', 'e']]],
    ['escapes of C', "$'\\x6e\\143' $'a\\tb' $'it\\'s'", [['nc', 'a\tb', "it's"]]],
    ['quotes as sudo writes them', "awk 'system(\\'x\\')' y", [['awk', "system('x')", 'y']]],
    ['quotes of POSIX behind a backslash', "a 'b\\' c", [['a', 'b\\', 'c']]],
    ['a quote that is never closed', "don't ; cat x", [["don't"], ['cat', 'x']]],
    ['the separator as a variable', 'cat$IFS/etc/x${IFS}y', [['cat', '/etc/x', 'y']]],
    ['brackets within a word', 'awk {system(x)} y', [['awk', '{system(x)}', 'y']]],
    [
      'words of the grammar',
      'if a; then b; else c; fi; while d; do e; done',
      [['a'], ['b'], ['c'], [], ['d'], ['e'], []],
    ],
    ['a subshell and a group', '(a; b) ; { c; }', [['a'], ['b'], ['c'], []]],
    ['a comment', '# it is so\nls', [['ls']]],
    [
      'the end of a directory of sudo',
      'true ; USER=root ; COMMAND=/bin/nc x',
      [['true'], [], ['/bin/nc', 'x']],
    ],
    ['a here-document', 'sh <<E\nls\nE\nid', [['sh'], ['id']]],
    ['nothing', '', []],
  ])('reads %s', (_what, text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('reads what stands within: $(…), `…`, <(…), and whose it is', () => {
    const { commands } = readScript('a "$(b `c`)" <(d) $(e)');
    expect(
      commands.map(({ words: [first], owner, isFile }) => [first?.text, owner, isFile]),
    ).toEqual([
      ['a', -1, false],
      ['b', 0, false],
      ['c', 1, false],
      ['d', 0, true],
      ['e', 0, false],
    ]);
  });

  it('reads redirections with descriptor, operator and target', () => {
    const [command] = readScript("X=1 a 2>&1 >>b <c <<<'d e' &>f 3<>/dev/tcp/h/1").commands;
    expect(command?.assignments).toEqual(['X=1']);
    expect(command?.words.map((word) => word.text)).toEqual(['a']);
    expect(
      command?.redirections.map(({ descriptor, operator, target }) => [
        descriptor,
        operator,
        target,
      ]),
    ).toEqual([
      ['2', '>&', '1'],
      ['', '>>', 'b'],
      ['', '<', 'c'],
      ['', '<<<', 'd e'],
      ['', '&>', 'f'],
      ['3', '<>', '/dev/tcp/h/1'],
    ]);
  });

  it('keeps the programs of a pipe together, also behind a group and around a substitution', () => {
    const pipelineOf = (text: string): readonly number[] =>
      readScript(text)
        .commands.filter(({ words: all }) => all.length > 0)
        .map(({ pipeline }) => pipeline);
    const [a, b, c] = pipelineOf('a | b ; c');
    expect([a === b, b === c]).toEqual([true, false]);
    const [first, second, shell] = pipelineOf('(a; b) | sh');
    expect([first === second, second === shell]).toEqual([false, true]);
    const [group, , reader] = pipelineOf('{ a $(x); } | sh');
    expect(group).toBe(reader);
  });

  it('tells where a word stands', () => {
    const text = `a 'b c' "d"`;
    const [command] = readScript(text).commands;
    expect(command?.words.map(({ start, end }) => text.slice(start, end))).toEqual([
      'a',
      "'b c'",
      '"d"',
    ]);
  });

  it('says when a bound was reached', () => {
    expect(readScript('a').isWhole).toBe(true);
    expect(readScript('a;'.repeat(300)).isWhole).toBe(false);
    expect(readScript('$('.repeat(20)).isWhole).toBe(false);
  });
});
