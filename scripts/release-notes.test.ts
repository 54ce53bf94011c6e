import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { releaseNotes } from './release-notes.ts';

const CHANGELOG = [
  '# Changelog',
  '',
  '## Unreleased',
  '',
  '- [FEATURE] Later.',
  '',
  '## 0.2.0 (2026-11-21)',
  '',
  '- [FEATURE] One.',
  '- [FIX] Two',
  '  in two lines.',
  '',
  '## 0.2.0-rc.1',
  '',
  '## 0.1.0',
  '',
  '- [FEATURE] First.',
].join('\n');

describe('releaseNotes()', () => {
  it('releaseNotes() gives the section of the version and nothing of its neighbours', () => {
    expect(releaseNotes({ tag: 'v0.2.0', changelog: CHANGELOG, version: '0.2.0' })).toBe(
      '- [FEATURE] One.\n- [FIX] Two\n  in two lines.\n',
    );
    expect(releaseNotes({ tag: 'v0.1.0', changelog: CHANGELOG, version: '0.1.0' })).toBe(
      '- [FEATURE] First.\n',
    );
  });

  it.each([
    ['0.2.0', '0.2.0', 'expected a tag such as v0.2.0: current value is "0.2.0"'],
    ['v0.2', '0.2', 'expected a tag such as v0.2.0'],
    ['v01.2.0', '01.2.0', 'expected a tag such as v0.2.0'],
    ['v0.2.0+5', '0.2.0+5', 'expected a tag such as v0.2.0'],
    ['vUnreleased', 'Unreleased', 'expected a tag such as v0.2.0'],
    ['v0.2.0\n', '0.2.0', 'expected a tag such as v0.2.0'],
    ['v0.2.0', '0.1.0', 'package.json must have the version 0.2.0: current value is "0.1.0"'],
    ['v0.3.0', '0.3.0', 'CHANGELOG.md has no section "## 0.3.0"'],
    ['v0.2.0-rc.1', '0.2.0-rc.1', 'the section "## 0.2.0-rc.1" of CHANGELOG.md is empty'],
  ])('releaseNotes() refuses the tag %j with the version %j', (tag, version, message) => {
    expect(() => releaseNotes({ tag, changelog: CHANGELOG, version })).toThrow(message);
  });

  it('releaseNotes() finds each of any number of sections', () => {
    const entry = fc.stringMatching(/^[a-z ]{0,20}[a-z]$/).map((text) => `- [FIX] ${text}`);
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), (entries) => {
        const changelog = entries.map((text, index) => `## 1.${index}.0\n\n${text}\n`).join('\n');
        for (const [index, text] of entries.entries()) {
          const version = `1.${index}.0`;
          expect(releaseNotes({ tag: `v${version}`, changelog, version })).toBe(`${text}\n`);
        }
      }),
    );
  });
});
