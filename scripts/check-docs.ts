/**
 * Keeps the documents true: what Markdown files name must exist, generated documents must be current,
 * docs/errors.md must list the codes the code has, and every command a reader is told to type must be
 * run by a test or by CI. With --write the generated documents are written instead of compared.
 */
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SETTINGS } from '@mini-soc/model';
import { loadRules } from '@mini-soc/sigma';
import { COMPOSE_SETTINGS, PRODUCTION_SETTINGS } from './compose-settings.ts';
import { judgeCodes, codesInSource } from './error-codes.ts';
import { generateDocuments } from './generated-documents.ts';
import {
  judgeDeveloping,
  judgeMarkdown,
  judgeOneMinuteTable,
  shellCommands,
  tableUnder,
  type RepositoryFacts,
} from './markdown-claims.ts';
import { judgeTables } from './markdown-tables.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NOT_READ = new Set(['node_modules', 'dist', 'coverage', 'data', '.git', 'golden', '.vite']);
/** Both follow from the model; what their descriptions give as examples is no claim. */
const NOT_JUDGED = new Set(['docs/fields.md', 'docs/limits.md']);

/** What a reader is told to type → the file that runs it, and the words there that do. */
export interface CommandProof {
  readonly command: RegExp;
  readonly file: RegExp;
  readonly words: RegExp;
}

export const COMMAND_PROOFS: readonly CommandProof[] = [
  { command: /^npm ci$/, file: /^\.ci\/run$/, words: /\bnpm ci\b/ },
  {
    command: /^npm ci --prefix services\/enricher\/vectors$/,
    file: /^\.ci\/run$/,
    words: /npm ci --prefix services\/enricher\/vectors/,
  },
  { command: /^npm test$/, file: /^\.ci\/run$/, words: /npm test/ },
  { command: /^npm run check$/, file: /^\.github\/workflows\/ci\.yml$/, words: /npm run check/ },
  { command: /^npm run corpora$/, file: /^\.ci\/run$/, words: /npm run corpora/ },
  { command: /^npm run quality/, file: /^\.ci\/run$/, words: /npm run --silent quality/ },
  {
    command: /^npm run build:filebeat$/,
    file: /^\.github\/workflows\/ci\.yml$/,
    words: /npm run build:filebeat/,
  },
  // The same programs, comparing instead of writing.
  { command: /^npm run docs:write$/, file: /^\.ci\/run$/, words: /\bdocs:check\b/ },
  { command: /^npm run format$/, file: /^\.ci\/run$/, words: /\bformat:check\b/ },
  { command: /^npm run demo$/, file: /^e2e\/.*\.test\.ts$/, words: /--demo/ },
  { command: /^npx soc backup /, file: /^e2e\/backup\.test\.ts$/, words: /runSoc\(\['backup'/ },
  { command: /^npx soc restore /, file: /^e2e\/backup\.test\.ts$/, words: /runSoc\(\['restore'/ },
  { command: /^npx soc up --logs /, file: /^e2e\/.*\.test\.ts$/, words: /--logs/ },
  {
    command: /^make (up|demo|down)$/,
    file: /^e2e\/stack\.integration\.test\.ts$/,
    words: /stack\.make\('up'\)[\s\S]*stack\.make\('demo'\)[\s\S]*stack\.make\('down'\)/,
  },
  {
    command: /^systemd-analyze verify deploy\/systemd\/mini-soc\.service$/,
    file: /^e2e\/systemd\.integration\.test\.ts$/,
    words: /systemd-analyze verify/,
  },
  {
    command: /^nft delete table inet mini_soc$/,
    file: /^e2e\/systemd\.integration\.test\.ts$/,
    words: /'nft', 'delete', 'table', 'inet', 'mini_soc'/,
  },
  { command: /^npx vitest run rules$/, file: /^vitest\.config\.ts$/, words: /rules/ },
];

/** Commands nobody but the reader runs. */
export function judgeCommands(
  file: string,
  commands: readonly string[],
  proofs: readonly CommandProof[],
  sources: ReadonlyMap<string, string>,
): readonly string[] {
  return commands
    .filter(
      (command) =>
        !proofs.some(
          (proof) =>
            proof.command.test(command) &&
            [...sources].some(([name, text]) => proof.file.test(name) && proof.words.test(text)),
        ),
    )
    .map((command) => `${file} tells to run "${command}", which no test and no CI step runs`);
}

/** README's rules against the rule files: it names some, docs/rules.md all. */
export function judgeRuleTable(readme: string, rules: readonly string[]): readonly string[] {
  const listed = tableUnder(readme, 'What it recognises').map((row) => row[0] ?? '');
  return [
    ...(listed.length > 0 ? [] : ['README.md has no table of rules under "What it recognises"']),
    ...listed
      .filter((rule) => !rules.includes(rule))
      .map((rule) => `README.md lists the rule "${rule}", which no file in rules/ has`),
  ];
}

export interface RuleFacts {
  readonly name: string;
  readonly file: string;
  readonly tests: readonly { readonly expect: readonly unknown[] }[];
  readonly warnings: readonly string[];
}

/** A rule of the product has at least five tests, one of them silent, and nothing to be warned of. */
export function judgeRules(rules: readonly RuleFacts[]): readonly string[] {
  return rules.flatMap((rule) => [
    ...(rule.tests.length < 5
      ? [`rules/${rule.file}: ${rule.name} needs at least 5 tests: it has ${rule.tests.length}`]
      : []),
    ...(rule.tests.some((test) => test.expect.length === 0)
      ? []
      : [`rules/${rule.file}: ${rule.name} needs a test that expects silence`]),
    ...rule.warnings.map((warning) => `rules/${rule.file}: ${warning}`),
  ]);
}

/** Entries of the change log start with what they are. */
export function judgeChangeLog(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('- ') && !/^- \[(CHANGE|FEATURE|FIX|SECURITY)\] /.test(line))
    .map((line) => `CHANGELOG.md has an entry without its kind: "${line.slice(0, 60)}"`);
}

function listFiles(): readonly string[] {
  const walk = (folder: string): string[] =>
    readdirSync(path.join(ROOT, folder)).flatMap((name) => {
      if (NOT_READ.has(name)) return [];
      const file = path.posix.join(folder, name);
      return statSync(path.join(ROOT, file)).isDirectory() ? walk(file) : [file];
    });
  return walk('');
}

async function readFacts(
  files: readonly string[],
  sources: ReadonlyMap<string, string>,
  rules: readonly string[],
): Promise<RepositoryFacts> {
  const { default: dependencies } = (await import(
    pathToFileURL(path.join(ROOT, '.dependency-cruiser.mjs')).href
  )) as { default: { forbidden: { name: string }[] } };
  const manifest = JSON.parse(sources.get('package.json') ?? '{}') as {
    scripts?: Record<string, string>;
  };
  const code = [...sources]
    .filter(([file]) => /\.(ts|tsx|mjs)$/.test(file))
    .map(([, text]) => text);
  const ports = Object.entries(SETTINGS).filter(([name]) => name.endsWith('_PORT'));
  return {
    files,
    scripts: Object.keys(manifest.scripts ?? {}),
    makeTargets: [...(sources.get('Makefile') ?? '').matchAll(/^([a-z][\w-]*):/gm)].map(
      (match) => match[1] ?? '',
    ),
    commands: files
      .map((file) => /^services\/soc\/src\/commands\/([a-z]+)\.ts$/.exec(file)?.[1])
      .filter((name) => name !== undefined),
    settings: [
      ...Object.entries(SETTINGS).flatMap(([name, setting]) =>
        setting.secret === true ? [name, `${name}_FILE`] : [name],
      ),
      ...Object.keys({ ...COMPOSE_SETTINGS, ...PRODUCTION_SETTINGS }),
      ...[...(sources.get('Makefile') ?? '').matchAll(/\$\(([A-Z][A-Z_]*)\)/g)].map(
        (match) => match[1] ?? '',
      ),
    ],
    constants: code.flatMap((text) => [
      ...[...text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]+)\b/gm)].map(
        (match) => match[1] ?? '',
      ),
      ...codesInSource(text),
      ...[...text.matchAll(/process\.env\['([A-Z][A-Z0-9_]+)'\]/g)].map((match) => match[1] ?? ''),
    ]),
    ports: [...ports, ...Object.entries(COMPOSE_SETTINGS)]
      .filter(([name]) => name.endsWith('_PORT'))
      .map(([, setting]) => Number(setting.fallback)),
    rules,
    dependencyRules: dependencies.forbidden.map((rule) => rule.name),
  };
}

/** The product's rules, or why they cannot be loaded. */
async function readRules(): Promise<{ rules: readonly RuleFacts[]; faults: readonly string[] }> {
  try {
    const rules = await loadRules({ directory: path.join(ROOT, 'rules'), overrides: [] });
    return { rules, faults: judgeRules(rules) };
  } catch (error) {
    return { rules: [], faults: [error instanceof Error ? error.message : String(error)] };
  }
}

async function main(write: boolean): Promise<number> {
  const files = listFiles();
  const sources = new Map(
    files
      .filter((file) =>
        /(\.(ts|tsx|mjs|js|json|ndjson|md|yml|example)|^Makefile|^\.ci\/run)$/.test(file),
      )
      .map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]),
  );
  const faults: string[] = [];
  for (const [file, wanted] of await generateDocuments()) {
    if (write) writeFileSync(path.join(ROOT, file), wanted);
    else if (sources.get(file) !== wanted)
      faults.push(`${file} is not what the code generates: run npm run docs:write`);
  }
  const { rules, faults: ruleFaults } = await readRules();
  faults.push(...ruleFaults);
  const facts = await readFacts(
    files,
    sources,
    rules.map((rule) => rule.name),
  );
  const documents = [...sources].filter(
    ([file]) => file.endsWith('.md') && !NOT_JUDGED.has(file) && !file.includes('/test/'),
  );
  for (const [file, text] of documents)
    faults.push(...judgeMarkdown(file, text, facts), ...judgeTables(file, text));
  const product = [...sources].filter(
    ([file]) =>
      /^(packages|services)\/[^/]+\/src\/.*\.ts$/.test(file) && !file.endsWith('.test.ts'),
  );
  faults.push(...judgeCodes(new Map(product), sources.get('docs/errors.md')));
  faults.push(...judgeChangeLog(sources.get('CHANGELOG.md') ?? '- missing'));
  faults.push(...judgeDeveloping(sources.get('docs/developing.md') ?? '', files));
  const readme = sources.get('README.md');
  if (readme === undefined)
    faults.push('README.md is missing: the one-minute table cannot be checked');
  else faults.push(...judgeOneMinuteTable(readme, files), ...judgeRuleTable(readme, facts.rules));
  for (const file of ['README.md', 'CONTRIBUTING.md', 'DEPLOYMENT.md'])
    faults.push(
      ...judgeCommands(file, shellCommands(sources.get(file) ?? ''), COMMAND_PROOFS, sources),
    );
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.stdout.write(`${documents.length} documents read, ${faults.length} faults\n`);
  return faults.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.includes('--write'));
