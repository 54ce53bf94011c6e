import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '@mini-soc/model';
import {
  COMMAND_PROOFS,
  judgeChangeLog,
  judgeCommands,
  judgeRuleTable,
  judgeRules,
} from './check-docs.ts';
import { codesInSource, judgeCodes } from './error-codes.ts';
import { generateDocuments, renderDecisions, renderSettings } from './generated-documents.ts';
import {
  expandBraces,
  judgeDeveloping,
  judgeMarkdown,
  judgeOneMinuteTable,
  shellCommands,
  type RepositoryFacts,
} from './markdown-claims.ts';

const FACTS: RepositoryFacts = {
  files: ['README.md', 'docs/errors.md', 'packages/model/src/event.ts', 'rules/a.yml'],
  scripts: ['check'],
  makeTargets: ['up'],
  commands: ['status'],
  settings: ['DATA_DIR', 'LOGS'],
  constants: ['EVENT_FIELDS'],
  ports: [8000],
  rules: ['BruteForceRule'],
  dependencyRules: ['no-circular'],
};

describe('judgeMarkdown()', () => {
  it('judgeMarkdown() is content with what exists', () => {
    const text = [
      'See `packages/model/src/event.ts`, rules/*.yml, `event.ts` and [errors](docs/errors.md#codes).',
      'Run `npm run check`, `make up`, `npx soc status`; set `DATA_DIR`; port 8000; `BruteForceRule`.',
      '`no-circular`, `EVENT_FIELDS`, [elsewhere](https://example.org/docs/missing.md), and/or, `T1110.001`.',
      '```sh',
      'LOGS=/var/log/auth.log npm run check',
      '```',
    ].join('\n');
    expect(judgeMarkdown('README.md', text, FACTS)).toEqual([]);
  });

  it.each([
    [
      '`packages/model/src/evnt.ts`',
      'names a path that does not exist: "packages/model/src/evnt.ts"',
    ],
    ['in packages/modl/ there', 'names a path that does not exist: "packages/modl/"'],
    ['`missing.yml`', 'names a path that does not exist: "missing.yml"'],
    ['`rules/{a,b}.yml`', 'names a path that does not exist: "rules/{a,b}.yml"'],
    ['`rules/*.json`', 'names a path that does not exist: "rules/*.json"'],
    ['[x](docs/nothing.md)', 'links to a file that does not exist: "docs/nothing.md"'],
    ['![x](docs/images/x.png)', 'links to a file that does not exist: "docs/images/x.png"'],
    ['`npm run chekc`', 'names a script that does not exist: "chekc"'],
    ['`make upp`', 'names a make target that does not exist: "upp"'],
    ['`npx soc statsu`', 'names a command that does not exist: "statsu"'],
    ['`DATA_DIRECTORY`', 'names a setting that does not exist: "DATA_DIRECTORY"'],
    ['`LOGZ=x`', 'names a setting that does not exist: "LOGZ"'],
    ['on port 8999', 'names a port nobody listens on: "8999"'],
    ['<http://127.0.0.1:8999>', 'names a port nobody listens on: "8999"'],
    ['`BruteForcedRule`', 'names a rule that does not exist: "BruteForcedRule"'],
    ['`no-circles`', 'names a dependency rule that does not exist: "no-circles"'],
  ])('judgeMarkdown() refuses %s', (line, fault) => {
    expect(judgeMarkdown('README.md', `fine\n${line}`, FACTS)).toEqual([`README.md:2 ${fault}`]);
  });

  it('judgeMarkdown() looks into fences', () => {
    expect(judgeMarkdown('README.md', '```sh\nnpm run nope\n```', FACTS)).toHaveLength(1);
  });

  it('judgeMarkdown() resolves links beside the file', () => {
    expect(judgeMarkdown('docs/a.md', '[e](errors.md) [r](../README.md)', FACTS)).toEqual([]);
    expect(judgeMarkdown('docs/a.md', '[e](README.md)', FACTS)).toHaveLength(1);
  });
});

describe('expandBraces()', () => {
  it('expandBraces() writes out every choice', () => {
    expect(expandBraces('a/{b,c}/{d,e}.ts')).toEqual([
      'a/b/d.ts',
      'a/b/e.ts',
      'a/c/d.ts',
      'a/c/e.ts',
    ]);
  });
});

describe('judgeDeveloping()', () => {
  const files = ['e2e/a.integration.test.ts', 'rules/a.yml'];
  const text = (test: string, place: string) =>
    [
      '## What each integration test needs',
      `\n| Test | Needs |\n| - | - |\n| \`${test}\` | time |\n`,
      '## Where is …?',
      '\n| What | File |\n| - | - |',
      ...Array.from({ length: 20 }, () => `| x | \`${place}\` |`),
    ].join('\n');

  it('judgeDeveloping() is content when every test has its needs and every row leads to a file', () => {
    expect(judgeDeveloping(text('e2e/a.integration.test.ts', 'rules/a.yml'), files)).toEqual([]);
  });

  it('judgeDeveloping() names a test that is not listed, and rows that lead nowhere', () => {
    expect(judgeDeveloping(text('e2e/b.integration.test.ts', 'rules/a.yml'), files)).toEqual([
      'docs/developing.md does not say what e2e/a.integration.test.ts needs',
    ]);
    expect(judgeDeveloping(text('e2e/a.integration.test.ts', 'rules'), files)).toHaveLength(20);
    expect(judgeDeveloping('', files)).toHaveLength(2);
  });
});

describe('judgeOneMinuteTable()', () => {
  const rows = (count: number, last: string): string =>
    [
      '## Follow one SSH failure',
      '',
      '| Step | File |',
      '| --- | --- |',
      ...Array.from({ length: count - 1 }, (_, i) => `| step ${i} | \`docs/errors.md\` |`),
      `| last | \`${last}\` |`,
    ].join('\n');

  it('judgeOneMinuteTable() is content when every row leads to a file', () => {
    expect(judgeOneMinuteTable(rows(8, 'rules/a.yml'), FACTS.files)).toEqual([]);
  });

  it('judgeOneMinuteTable() refuses a folder, a missing file and a short table', () => {
    expect(judgeOneMinuteTable(rows(8, 'packages/model/src'), FACTS.files)).toHaveLength(1);
    expect(judgeOneMinuteTable(rows(8, 'rules/b.yml'), FACTS.files)).toHaveLength(1);
    expect(judgeOneMinuteTable(rows(7, 'rules/a.yml'), FACTS.files)).toHaveLength(1);
    expect(judgeOneMinuteTable('', FACTS.files)).toHaveLength(1);
  });
});

describe('judgeCodes()', () => {
  const source = new Map([['a.ts', "throw new StoreError(\n  'STORE_FAILED', 'x')"]]);
  const document = (code: string, cure: string): string =>
    `## Error codes\n\n| Code | What | Do |\n| - | - | - |\n| \`${code}\` | failed | ${cure} |\n`;

  it('codesInSource() finds codes of errors, super calls and HTTP bodies', () => {
    expect(
      codesInSource("new AppError('A_B', m); super('USAGE', m); errorBody('C_D', m); f('E_F')"),
    ).toEqual(['A_B', 'USAGE', 'C_D']);
  });

  it('judgeCodes() compares both ways and wants a meaning and a cure', () => {
    expect(judgeCodes(source, document('STORE_FAILED', 'wait'))).toEqual([]);
    expect(judgeCodes(source, document('STORE_FAILED', ''))).toHaveLength(1);
    expect(judgeCodes(source, document('OTHER_CODE', 'wait'))).toEqual([
      'docs/errors.md does not list STORE_FAILED of a.ts',
      'docs/errors.md lists OTHER_CODE, which no code uses',
    ]);
    expect(judgeCodes(source, undefined)).toEqual(['docs/errors.md is missing']);
  });
});

describe('judgeCommands()', () => {
  it('judgeCommands() names a command that only the reader runs', () => {
    const commands = shellCommands('```sh\nnpm ci # first\nnpm run launch\n```\n');
    const sources = new Map([['.ci/run', 'npm ci']]);
    expect(judgeCommands('README.md', commands, COMMAND_PROOFS, sources)).toEqual([
      'README.md tells to run "npm run launch", which no test and no CI step runs',
    ]);
  });

  it('shellCommands() leaves out a block only when it says why nobody runs it', () => {
    const block = (first: string) => `1. Text\n\n   \`\`\`sh\n   ${first}\n   reboot\n   \`\`\`\n`;
    expect(shellCommands(block('# Not run by our tests: it needs a machine of its own'))).toEqual(
      [],
    );
    for (const first of ['# Not run by our tests', '# Not run by our tests: no', '# Not run'])
      expect(shellCommands(block(first))).toEqual(['reboot']);
  });

  it('judgeCommands() wants the proof itself, not its entry in the list', () => {
    expect(judgeCommands('README.md', ['npm ci'], COMMAND_PROOFS, new Map())).toHaveLength(1);
  });
});

describe('judgeRuleTable()', () => {
  it('judgeRuleTable() refuses a rule that no file has, and a page without rules', () => {
    const readme = '## What it recognises\n\n| Rule | On |\n| - | - |\n| `ARule` | x |\n';
    expect(judgeRuleTable(readme, ['ARule'])).toEqual([]);
    expect(judgeRuleTable(readme, ['ARule', 'BRule'])).toEqual([]);
    expect(judgeRuleTable(readme, ['BRule'])).toEqual([
      'README.md lists the rule "ARule", which no file in rules/ has',
    ]);
    expect(judgeRuleTable('', ['ARule'])).toEqual([
      'README.md has no table of rules under "What it recognises"',
    ]);
  });
});

describe('judgeRules()', () => {
  const rule = (silent: number, loud: number, warnings: readonly string[] = []) => ({
    name: 'ARule',
    file: 'a.yml',
    tests: [
      ...Array.from({ length: silent }, () => ({ expect: [] })),
      ...Array.from({ length: loud }, () => ({ expect: [{}] })),
    ],
    warnings,
  });

  it('judgeRules() wants five tests, one of them silent, and no warning', () => {
    expect(judgeRules([rule(1, 4)])).toEqual([]);
    expect(judgeRules([rule(1, 3)])).toEqual([
      'rules/a.yml: ARule needs at least 5 tests: it has 4',
    ]);
    expect(judgeRules([rule(0, 5)])).toEqual([
      'rules/a.yml: ARule needs a test that expects silence',
    ]);
    expect(judgeRules([rule(1, 4, ['nothing sets this field'])])).toHaveLength(1);
  });
});

describe('judgeChangeLog()', () => {
  it('judgeChangeLog() wants the kind of each entry', () => {
    expect(judgeChangeLog('- [FIX] a\n  more\n')).toEqual([]);
    expect(judgeChangeLog('- repaired a\n')).toHaveLength(1);
  });
});

describe('generateDocuments()', () => {
  it('generateDocuments() names every setting once and every field of an event', async () => {
    const documents = await generateDocuments();
    const settings = documents.get('.env.example') ?? '';
    for (const name of Object.keys(SETTINGS))
      expect(settings.split('\n').filter((line) => line.startsWith(`${name}=`))).toHaveLength(1);
    expect(documents.get('docs/fields.md')).toContain('`source.ip`');
  });

  it('renderSettings() gives each variable one comment line', () => {
    const bare = renderSettings()
      .split('\n\n')
      .slice(1)
      .filter((block) => block !== '# What follows is read by Docker Compose alone.')
      .filter((block) => !/^# .+\. Default: .+\n[A-Z_]+=.*\n?$/.test(block));
    expect(bare).toEqual([]);
  });

  it('renderDecisions() lists each decision by number, and refuses one whose heading is another', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'decisions-'));
    writeFileSync(path.join(folder, '0002-later.md'), '# 2. Later\n');
    writeFileSync(path.join(folder, '0001-first.md'), '# 1. First\n');
    expect(await renderDecisions(folder)).toContain(
      '1. [First](0001-first.md)\n2. [Later](0002-later.md)',
    );
    writeFileSync(path.join(folder, '0003-wrong.md'), '# 4. Wrong\n');
    await expect(renderDecisions(folder)).rejects.toThrow('Cannot list "0003-wrong.md"');
  });
});
