import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, UsageError } from '@mini-soc/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRules } from './load-rules.ts';
import { RuleError } from './rule-error.ts';

let directory = '';
const write = (name: string, title = name): void =>
  writeFileSync(
    path.join(directory, name),
    `title: F
name: f
detection: { a: { action: ssh_login }, condition: a }
---
title: ${title}
correlation: { type: event_count, rules: [f], group-by: [source_ip], timespan: 60s, condition: { gte: 5 } }
mini-soc: { suppress: 5m }
`,
  );

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'soc-rules-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('loadRules()', () => {
  it('loadRules() reads the files of a folder by name and leaves others alone', async () => {
    write('b.yml');
    write('a.yaml');
    writeFileSync(path.join(directory, 'README.md'), '# no rule');
    const rules = await loadRules({ directory, overrides: [] });
    expect(rules.map((rule) => rule.id)).toEqual(['a', 'b']);
  });

  it('loadRules() refuses two files with one id', async () => {
    write('a.yml');
    write('a.yaml');
    await expect(loadRules({ directory, overrides: [] })).rejects.toThrow(
      'rule id "a" is taken by "a.yaml"',
    );
  });

  it('loadRules() says in one sentence that a folder is missing or empty', async () => {
    await expect(loadRules({ directory: `${directory}/no`, overrides: [] })).rejects.toBeInstanceOf(
      UsageError,
    );
    await expect(loadRules({ directory, overrides: [] })).rejects.toThrow('has no .yml file');
  });

  it('loadRules() names the broken file', async () => {
    writeFileSync(path.join(directory, 'broken.yml'), 'title: T');
    const loading = loadRules({ directory, overrides: [] });
    await expect(loading).rejects.toBeInstanceOf(RuleError);
    await expect(loading).rejects.toMatchObject({ file: 'broken.yml', line: 1 });
  });

  it('loadRules() applies overrides by name and by id', async () => {
    write('a.yml', 'BruteForceRule');
    const [rule] = await loadRules({
      directory,
      overrides: [
        { rule: 'BruteForceRule', key: 'at_least', value: '6' },
        { rule: 'a', key: 'window', value: '10m' },
        { rule: 'a', key: 'response', value: 'block' },
        { rule: 'a', key: 'enabled', value: 'false' },
      ],
    });
    expect(rule).toMatchObject({
      enabled: false,
      response: 'block',
      suppressMs: 600_000,
      query: { windowMs: 600_000, measure: { kind: 'count', atLeast: 6 } },
    });
  });

  it('loadRules() reports every wrong override in a sentence of its own', async () => {
    write('a.yml', 'BruteForceRule');
    const loading = loadRules({
      directory,
      overrides: [
        { rule: 'NoRule', key: 'at_least', value: '6' },
        { rule: 'a', key: 'at_least', value: '0' },
        { rule: 'a', key: 'suppress', value: '10s' },
        { rule: 'a', key: 'window', value: '5' },
        { rule: 'a', key: 'response', value: 'shoot' },
      ],
    });
    await expect(loading).rejects.toBeInstanceOf(ConfigError);
    await expect(loading).rejects.toMatchObject({
      faults: [
        'RULE_OVERRIDES  No rule is called so (there are BruteForceRule): current value is "NoRule"',
        'RULE_OVERRIDES  a.at_least: Expected a whole number from 1 to 1000000: current value is "0"',
        'RULE_OVERRIDES  a.suppress: Expected a duration from 1m (the window) to 30d: current value is "10s"',
        'RULE_OVERRIDES  a.window: Expected a duration from 1s to 30d: current value is "5"',
        'RULE_OVERRIDES  a.response: Expected ignore, ticket or block: current value is "shoot"',
      ],
    });
  });
});
