import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRuleTexts } from './read-rule-texts.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'rule-texts-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};

describe('readRuleTexts()', () => {
  it('reads every document with tags below the folder, also of rules that nothing can run', async () => {
    write(
      'b/one.yml',
      'title: One\ndescription: what\ntags: [attack.t1110]\ndetection: { x|odd: 1 }',
    );
    write('a.yaml', 'title: No tags\n---\ntitle: Two\ntags: [attack.t1046, cve.2021-1]');
    write('notes.txt', 'title: Three\ntags: [attack.t1046]');
    write('broken.yml', 'title: [');
    expect(await readRuleTexts(folder, 10)).toEqual({
      texts: [
        { title: 'Two', description: '', tags: ['attack.t1046', 'cve.2021-1'] },
        { title: 'One', description: 'what', tags: ['attack.t1110'] },
      ],
      skipped: 1,
    });
    expect((await readRuleTexts(folder, 1)).texts).toHaveLength(1);
  });

  it('finds nothing where there is no folder', async () => {
    expect(await readRuleTexts(path.join(folder, 'gone'), 10)).toEqual({ texts: [], skipped: 0 });
  });
});
