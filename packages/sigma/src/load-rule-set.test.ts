import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, UsageError } from '@mini-soc/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRuleSet } from './load-rule-set.ts';

let root = '';
let directory = '';
let ownDirectory = '';
const write = (folder: string, name: string, title: string, more = ''): void =>
  writeFileSync(
    path.join(folder, name),
    `title: ${title}\ndetection: { a: { action${more}: ssh_login }, condition: a }\n`,
  );

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'soc-rule-set-'));
  directory = path.join(root, 'ours');
  ownDirectory = path.join(root, 'own');
  mkdirSync(directory);
  mkdirSync(ownDirectory);
  write(directory, 'one.yml', 'OneRule');
  write(directory, 'two.yml', 'TwoRule');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const load = (overrides: Parameters<typeof loadRuleSet>[0]['overrides'] = []) =>
  loadRuleSet({ directory, ownDirectory, overrides });

describe('loadRuleSet()', () => {
  it('loadRuleSet() puts the rules of the user beside ours', async () => {
    write(ownDirectory, 'mine.yml', 'MineRule');
    const { rules, faults } = await load();
    expect(rules.map(({ id }) => id)).toEqual(['one', 'two', 'mine']);
    expect(faults).toEqual([]);
  });

  it('loadRuleSet() leaves a faulty file out, whoever wrote it, and names file, line and fault', async () => {
    write(ownDirectory, 'bad.yml', 'BadRule', '|nothing_known');
    write(ownDirectory, 'good.yml', 'GoodRule');
    writeFileSync(path.join(directory, 'one.yml'), 'title: [');
    mkdirSync(path.join(ownDirectory, 'folder.yml'));
    const { rules, faults } = await load();
    expect(rules.map(({ id }) => id)).toEqual(['two', 'good']);
    expect(faults).toEqual([
      { file: 'one.yml', reason: expect.stringMatching(/^line 1: /) },
      {
        file: 'bad.yml',
        reason: expect.stringMatching(/^line 2: modifier "nothing_known" is not supported: /),
      },
      { file: 'folder.yml', reason: 'expected a regular file' },
    ]);
  });

  it('loadRuleSet() lets a file of the user take the place of ours and says so', async () => {
    write(ownDirectory, 'one.yml', 'MyOneRule');
    write(ownDirectory, 'other.yml', 'TwoRule');
    const { rules, faults } = await load();
    expect(rules.map(({ name }) => name)).toEqual(['TwoRule', 'MyOneRule', 'TwoRule']);
    expect(faults).toEqual([]);
    expect(rules.flatMap(({ warnings }) => warnings)).toEqual([
      'it takes the place of the product\'s rule of that file name, "one"',
      'another rule is called "TwoRule", that of the file "two.yml"',
    ]);
  });

  it('loadRuleSet() takes the first of two files with one id', async () => {
    write(ownDirectory, 'a.yaml', 'FirstRule');
    write(ownDirectory, 'a.yml', 'SecondRule');
    const { rules, faults } = await load();
    expect(rules.map(({ name }) => name)).toContain('FirstRule');
    expect(rules.map(({ name }) => name)).not.toContain('SecondRule');
    expect(faults).toEqual([
      { file: 'a.yml', reason: expect.stringContaining('is taken by the file "a.yaml"') },
    ]);
  });

  it('loadRuleSet() goes on without a folder of the user that cannot be read', async () => {
    ownDirectory = path.join(root, 'missing');
    const { rules, faults } = await load();
    expect(rules).toHaveLength(2);
    expect(faults).toEqual([
      { file: ownDirectory, reason: expect.stringContaining('Cannot read the folder of rules') },
    ]);
  });

  it('loadRuleSet() reads our folder once when it is named as the own one', async () => {
    ownDirectory = `${directory}/`;
    expect((await load()).rules.map(({ id }) => id)).toEqual(['one', 'two']);
  });

  it('loadRuleSet() stops for an override of nobody only while every file was read', async () => {
    const overrides = [
      { rule: 'BadRule', key: 'enabled', value: 'false' },
      { rule: 'OneRule', key: 'enabled', value: 'false' },
    ] as const;
    await expect(load(overrides)).rejects.toBeInstanceOf(ConfigError);
    write(ownDirectory, 'bad.yml', 'BadRule', '|nothing_known');
    const { rules, faults } = await load(overrides);
    expect(rules.find(({ id }) => id === 'one')?.enabled).toBe(false);
    expect(faults.map(({ file }) => file)).toEqual(['bad.yml', 'RULE_OVERRIDES']);
  });

  it("loadRuleSet() cannot do without the product's own folder", async () => {
    directory = path.join(root, 'missing');
    await expect(load()).rejects.toBeInstanceOf(UsageError);
  });
});
