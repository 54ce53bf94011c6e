/**
 * What a Markdown file claims about the repository, and which of it is not so. Pure: the repository
 * arrives as facts, so a broken sample can be judged as well as the real thing.
 */

export interface RepositoryFacts {
  /** Every file, relative to the root, with slashes. */
  readonly files: readonly string[];
  /** Names under "scripts" of package.json. */
  readonly scripts: readonly string[];
  readonly makeTargets: readonly string[];
  /** Subcommands of `soc`. */
  readonly commands: readonly string[];
  /** Settings of the product. */
  readonly settings: readonly string[];
  /** Other names in capitals that may be written: exported constants and error codes. */
  readonly constants: readonly string[];
  readonly ports: readonly number[];
  /** Titles of rules. */
  readonly rules: readonly string[];
  /** Names of dependency rules. */
  readonly dependencyRules: readonly string[];
}

const TOP_FOLDERS = 'packages|services|rules|docs|scripts|e2e|bench|docker|filebeat|kibana|deploy';
const SHELL_VARIABLES = new Set(['CI', 'NODE_OPTIONS', 'NODE_ENV', 'PATH', 'HOME']);

/** Claims of one file that are not so: one sentence each, with the line. */
export function judgeMarkdown(
  file: string,
  text: string,
  facts: RepositoryFacts,
): readonly string[] {
  const faults: string[] = [];
  let fence: string | undefined;
  text.split('\n').forEach((line, index) => {
    const say = (sentence: string): number => faults.push(`${file}:${index + 1} ${sentence}`);
    const mark = /^\s*```(\S*)/.exec(line);
    if (mark !== null) {
      fence = fence === undefined ? (mark[1] ?? '') : undefined;
      return;
    }
    const code = fence === undefined ? codeSpans(line) : [line];
    for (const path of pathClaims(line, code))
      if (!expandBraces(path).every((one) => pathExists(one, file, facts.files)))
        say(`names a path that does not exist: "${path}"`);
    if (fence === undefined)
      for (const target of linkTargets(line))
        if (!linkExists(target, file, facts.files))
          say(`links to a file that does not exist: "${target}"`);
    for (const span of code) {
      for (const name of matches(span, /\bnpm run (?:-s |--silent )?([\w:-]+)/g))
        if (!facts.scripts.includes(name)) say(`names a script that does not exist: "${name}"`);
      for (const name of matches(span, /(?:^|[;&|]\s*)make ([a-z][\w-]*)/g))
        if (!facts.makeTargets.includes(name))
          say(`names a make target that does not exist: "${name}"`);
      for (const name of matches(span, /(?:^|\bnpx |[;&|]\s*)soc ([a-z]+)/g))
        if (!facts.commands.includes(name)) say(`names a command that does not exist: "${name}"`);
      for (const name of variables(span))
        if (![...facts.settings, ...facts.constants].includes(name))
          say(`names a setting that does not exist: "${name}"`);
      for (const name of matches(span, /^([A-Z][A-Za-z]+Rule)\b/g))
        if (!facts.rules.includes(name)) say(`names a rule that does not exist: "${name}"`);
      for (const name of matches(
        span,
        /^((?:packages|services|adapters|vendors|no|processes|through)-[a-z-]+)$/g,
      ))
        if (!facts.dependencyRules.includes(name))
          say(`names a dependency rule that does not exist: "${name}"`);
    }
    for (const port of portClaims(line))
      if (!facts.ports.includes(port)) say(`names a port nobody listens on: "${port}"`);
  });
  return faults;
}

/** First line of a block of commands that only a reader can run, with the reason. */
const NOT_RUN = /^\s*# Not run by our tests.*: \S.{15,}/;

/** The commands of all ```sh fences that tests must run, in order, without comments. */
export function shellCommands(text: string): readonly string[] {
  return matches(text, /^ *```sh\n([\s\S]*?)^ *```/gm)
    .filter((block) => !NOT_RUN.test(block))
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** The rows of the first table after a heading, as cells without backquotes. */
export function tableUnder(text: string, heading: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.includes(heading));
  if (start < 0) return [];
  const rows: string[][] = [];
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('|'))
      rows.push(
        line
          .slice(1, line.lastIndexOf('|'))
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim().replaceAll('`', '')),
      );
    else if (rows.length > 0 || line.startsWith('#')) break;
  }
  return rows.slice(2);
}

/** The one-minute table: at least eight steps, each leading to exactly one file. */
export function judgeOneMinuteTable(readme: string, files: readonly string[]): readonly string[] {
  const rows = tableUnder(readme, 'Follow one SSH failure');
  if (rows.length < 8)
    return [`README.md has no table "Follow one SSH failure" of at least 8 steps: ${rows.length}`];
  return rows
    .filter((row) => !files.includes(row[1] ?? ''))
    .map((row) => `README.md: "${row[0] ?? ''}" leads to no file: "${row[1] ?? ''}"`);
}

/** Every integration test has a row that says what it needs; every row of "Where is …?" leads to one file. */
export function judgeDeveloping(text: string, files: readonly string[]): readonly string[] {
  const listed = tableUnder(text, 'What each integration test needs').map(([file = '']) => file);
  const tests = files.filter((file) => file.endsWith('.integration.test.ts'));
  const places = tableUnder(text, 'Where is');
  return [
    ...tests
      .filter((file) => !listed.includes(file))
      .map((file) => `docs/developing.md does not say what ${file} needs`),
    ...(places.length < 20
      ? [`docs/developing.md has no table "Where is …?" of at least 20 rows: ${places.length}`]
      : []),
    ...places
      .filter((row) => !files.includes(row[1] ?? ''))
      .map((row) => `docs/developing.md: "${row[0] ?? ''}" leads to no file: "${row[1] ?? ''}"`),
  ];
}

function codeSpans(line: string): readonly string[] {
  return matches(line, /`([^`]+)`/g);
}

function pathClaims(line: string, code: readonly string[]): readonly string[] {
  const anywhere = matches(
    line.replaceAll(/\]\([^)]*\)/g, ']'),
    new RegExp(String.raw`(?<![\w/.@-])((?:${TOP_FOLDERS})/[\w.\-{},*/]*)`, 'g'),
  );
  const named = code.filter((span) =>
    /^\.?[\w-]+[\w./{},*-]*\.(ts|tsx|js|mjs|md|yml|json)$/.test(span),
  );
  return [...new Set([...anywhere.map((path) => path.replace(/[.,]+$/, '')), ...named])];
}

/** `{a,b}` written out. */
export function expandBraces(path: string): readonly string[] {
  const match = /^(.*?)\{([^{}]*)\}(.*)$/.exec(path);
  if (match === null) return [path];
  const [, before = '', inner = '', after = ''] = match;
  return inner.split(',').flatMap((part) => expandBraces(`${before}${part}${after}`));
}

/** A path from the root, beside the file, or (a name alone or a tail of it) of any file. */
function pathExists(path: string, from: string, files: readonly string[]): boolean {
  if (path.includes('*')) {
    const pattern = new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll('*', '[^/]*')}`);
    return files.some((file) => pattern.test(file));
  }
  // What a build leaves is not in a fresh clone: the folder above it must be there.
  const wanted = path.replace(/\/dist(\/.*)?$/, '').replace(/\/$/, '');
  const beside = resolve(from, wanted);
  return files.some(
    (file) =>
      file === wanted ||
      file.startsWith(`${wanted}/`) ||
      file === beside ||
      file.startsWith(`${beside}/`) ||
      (!isRooted(wanted) && file.endsWith(`/${wanted}`)),
  );
}

function isRooted(path: string): boolean {
  return new RegExp(`^(${TOP_FOLDERS})/`).test(path);
}

function linkTargets(line: string): readonly string[] {
  return matches(line.replaceAll(/`[^`]*`/g, ''), /\]\(([^)\s]+)\)/g).filter(
    (target) => !/^(https?:|mailto:|#)/.test(target),
  );
}

function linkExists(target: string, from: string, files: readonly string[]): boolean {
  const wanted = resolve(from, target.replace(/#.*$/, '')).replace(/\/$/, '');
  return files.some((file) => file === wanted || file.startsWith(`${wanted}/`));
}

function resolve(from: string, target: string): string {
  const parts = target.startsWith('/') ? [] : from.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

function variables(span: string): readonly string[] {
  const assigned = matches(span, /(?:^|\s)([A-Z][A-Z0-9_]+)=/g);
  const named = matches(span, /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g);
  return [...new Set([...assigned, ...named])].filter((name) => !SHELL_VARIABLES.has(name));
}

function portClaims(line: string): readonly number[] {
  return matches(line, /(?:\bports? |\bon |localhost:|127\.0\.0\.1:)(\d{4,5})\b/g).map(Number);
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}
