/**
 * Documents that follow from code alone: .env.example, docs/fields.md and docs/limits.md from the model,
 * docs/formats.md from the list of the parsers, docs/rules.md from the rule files, the files in kibana/ from the objects that the set-up of Kibana
 * makes, the index of decisions from their headings, and the picture of the packages from the rules between
 * them. Of docs/architecture.md the table of services does.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildObjects, INDICES, renderExport, renderRules } from '@mini-soc/kibana-setup';
import {
  ALERT_FIELDS,
  BLOCK_FIELDS,
  EVENT_FIELDS,
  FLAG_EFFECTS,
  LIMITS,
  SERVICES,
  SETTINGS,
  SOURCES,
  type FieldDescription,
  type FlagEffect,
  type Limit,
  type ServiceFacts,
  type SourceTrust,
  type Writer,
} from '@mini-soc/model';
import { FORMATS, type Format } from '@mini-soc/parsers';
import { loadRules } from '@mini-soc/sigma';
import { columnTypeOf } from '@mini-soc/store/duckdb';
import { typeOf } from '@mini-soc/store/elasticsearch';
import { format } from 'prettier';
import { COMPOSE_SETTINGS, PRODUCTION_SETTINGS, type ComposeSetting } from './compose-settings.ts';
import { readWorkspaces, renderPackages, type Arrows } from './draw-packages.ts';
import { renderRuleList } from './render-rules.ts';
import { WHO_BENEFITS } from './who-benefits.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const RULES = path.join(ROOT, 'rules');
const DECISIONS = path.join(ROOT, 'docs/decisions');

/** Path → text, for every generated document. */
export async function generateDocuments(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['.env.example', renderSettings()],
    ['.env.prod.example', renderProductionSettings()],
    ['docs/fields.md', await renderFields()],
    ['docs/limits.md', await renderLimits()],
    ['docs/formats.md', await renderFormats(FORMATS)],
    ['docs/rules.md', await renderRuleList(await loadRules({ directory: RULES, overrides: [] }))],
    ['docs/decisions/README.md', await renderDecisions(DECISIONS)],
    ['docs/packages.md', await renderPackages(await readArrows(), readWorkspaces(ROOT))],
    [
      'docs/architecture.md',
      await renderArchitecture(readFileSync(path.join(ROOT, 'docs/architecture.md'), 'utf8')),
    ],
    ...(await renderKibana()),
  ]);
}

/** Arrows between packages, as CI checks them. */
async function readArrows(): Promise<Arrows> {
  const rules = pathToFileURL(path.join(ROOT, '.dependency-cruiser.mjs')).href;
  const { ARROWS } = (await import(rules)) as { ARROWS: Arrows };
  return ARROWS;
}

/** Kibana's objects as an installation without settings has them. */
export async function renderKibana(): Promise<readonly (readonly [string, string])[]> {
  const objects = buildObjects({
    space: 'default',
    indices: INDICES,
    consoleUrl: SETTINGS.CONSOLE_PUBLIC_URL.fallback,
    graphUrl: SETTINGS.GRAPH_PUBLIC_URL.fallback,
  });
  return [
    ['kibana/soc-overview.ndjson', renderExport(objects)],
    [
      'kibana/alerting-rules.json',
      await format(renderRules(objects), { parser: 'json', printWidth: 100 }),
    ],
  ];
}

/** One comment line per setting (meaning, unit, default), then the variable. */
export function renderSettings(): string {
  const blocks = Object.entries(SETTINGS).map(([name, setting]) => {
    const fallback = setting.fallback === '' ? 'empty' : setting.fallback;
    const file = setting.secret === true ? `. Or a file that has it: ${name}_FILE` : '';
    return `# ${setting.description}. Default: ${fallback}${file}\n${name}=${setting.fallback}\n`;
  });
  const compose = renderComposeSettings(COMPOSE_SETTINGS);
  return `# Every setting of mini-SOC (generated: npm run docs:write). In a YAML file the same names are in lower case.\n# Copied to .env it is read by Docker Compose, which gives addresses and folders inside the stack itself.\n\n${blocks.join('\n')}\n# What follows is read by Docker Compose alone.\n\n${compose.join('\n')}`;
}

/** What a production installation may change; passwords and tokens are made, not chosen. */
export function renderProductionSettings(): string {
  return `# A production installation: copy to .env.prod, then "make prod-up" (generated: npm run docs:write).\n# Passwords, tokens, keys and certificates are made at the first start; none is written here.\n\n${renderComposeSettings(PRODUCTION_SETTINGS).join('\n')}`;
}

function renderComposeSettings(
  variables: Readonly<Record<string, ComposeSetting>>,
): readonly string[] {
  return Object.entries(variables).map(
    ([name, { fallback, description }]) =>
      `# ${description}. Default: ${fallback === '' ? 'empty' : fallback}\n${name}=${fallback}\n`,
  );
}

/** Tables of the fields of each document, in their order. */
export async function renderFields(): Promise<string> {
  const parts = [
    '# Fields',
    'Generated from the definitions in `packages/model/src` by `npm run docs:write`. Each field is defined once; its check, its TypeScript type, its Elasticsearch mapping, its DuckDB column and this page follow from that. A field with an ECS name is found under that name too.',
    '## Events (`soc-logs-*`)',
    table(EVENT_FIELDS),
    '## Alerts (`soc-alerts`)',
    table(ALERT_FIELDS),
    '## Blocks (`soc-blocked-ips`)',
    table(BLOCK_FIELDS),
  ];
  return format(parts.join('\n\n'), { parser: 'markdown', printWidth: 100 });
}

/** One row for each format, in the order of the list. */
export async function renderFormats(formats: readonly Format[]): Promise<string> {
  const code = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(', ');
  const rows = formats.map(({ name, title, programs, logTypes, paths }) => [
    `\`${name}\``,
    title,
    code(programs),
    code(logTypes),
    code(paths),
  ]);
  const parts = [
    '# Formats of logs',
    'Generated from the list in `packages/parsers/src/formats.ts` by `npm run docs:write`.',
    'What a line is follows from the line: its header names the program, an object is JSON, the rest is told by its form. `soc parse --format NAME` reads lines of one format that have no header; `auto` is what everything else uses, `syslog` reads nothing but lines with a header. `soc up` without `--logs` watches those of the usual logs that are there, and `filebeat/filebeat.prod.yml` reads all of them.',
    markdownTable([['Format', 'What it is', 'Programs', '`log_type`', 'Usual logs'], ...rows]),
    ...trustTables(),
  ];
  return format(parts.join('\n\n'), { parser: 'markdown', printWidth: 100 });
}

const WRITER_NAMES: Readonly<Record<Writer, string>> = {
  network: 'anybody on the network',
  web_client: 'a client of the web server, in the fields it sends',
  account: 'any account of the machine',
  root: 'root, or the program as its own user',
  product: 'the product',
};

const COUNTS: Readonly<Record<FlagEffect['counts'], string>> = {
  whole: 'as any',
  once_a_second: 'one in each second',
  once_confirmed: 'where proof is asked for, not until another event of the same alert is proven',
  unless_asked: 'where proof is asked for, not at all',
  nothing: 'not at all',
};

/** Who can write what is read, and what a flag takes away from a block. */
function trustTables(): readonly string[] {
  return [
    '## Who can write it',
    'What is read follows from the file, whichever format it has (`packages/model/src/trust.ts`); `soc status` says it of each log. Every event makes alerts; the most it can bring about besides:',
    markdownTable([
      ['What is read', 'Who can write it', 'At most', 'Because'],
      ...Object.values<SourceTrust>(SOURCES).map((one) => [
        one.what,
        WRITER_NAMES[one.writer],
        one.may,
        one.because,
      ]),
    ]),
    'A flag of an event can take something away from a block:',
    markdownTable([
      ['Flag', 'The event counts towards a block', 'Because'],
      ...Object.entries(FLAG_EFFECTS).map(([flag, { counts, because }]) => [
        `\`${flag}\``,
        COUNTS[counts],
        because,
      ]),
    ]),
  ];
}

/** One line for each decision in the folder, in their order. Throws Error for one without its heading. */
export async function renderDecisions(folder: string): Promise<string> {
  const files = readdirSync(folder).filter((name) => /^\d{4}-.*\.md$/.test(name));
  const lines = files.toSorted().map((name) => {
    const heading = /^# (\d+)\. (.+)$/m.exec(readFileSync(path.join(folder, name), 'utf8'));
    if (heading === null || Number(heading[1]) !== Number(name.slice(0, 4)))
      throw new Error(
        `Cannot list "${name}": expected a heading "# ${Number(name.slice(0, 4))}. …"`,
      );
    return `${heading[1]}. [${heading[2]}](${name})`;
  });
  const parts = [
    '# Decisions',
    'Why things are as they are, one page each: context, options, choice. A decision is never edited but for its consequences; a later one takes its place. Generated from their headings by `npm run docs:write`.',
    lines.join('\n'),
  ];
  return format(parts.join('\n\n'), { parser: 'markdown', printWidth: 100 });
}

const SERVICES_TABLE = /(<!-- services: npm run docs:write -->\n\n)[\s\S]*?(\n\n<!-- end -->)/;

/** The text with the table of services as the list has it. Throws Error where it has no place for it. */
export async function renderArchitecture(text: string): Promise<string> {
  if (!SERVICES_TABLE.test(text))
    throw new Error(
      'Cannot write docs/architecture.md: the marks around the table of services are gone',
    );
  const rows = SERVICES.map((one: ServiceFacts) => [
    `\`services/${one.name}\``,
    one.port === undefined ? '' : String(one.port),
    one.does,
  ]);
  const written = markdownTable([['Service', 'Port', 'What it does'], ...rows]);
  const laidOut = (await format(written, { parser: 'markdown', printWidth: 100 })).trimEnd();
  return text.replace(
    SERVICES_TABLE,
    (_all, open: string, close: string) => open + laidOut + close,
  );
}

const TELLS: Readonly<Record<Limit['tells'], string>> = {
  alert: 'counted, and an alert',
  count: 'counted',
  refuse: 'counted; whoever asked is told',
  none: '',
};

/** One table of every limit, in the order of the definition. */
export async function renderLimits(): Promise<string> {
  const rows = Object.entries(LIMITS as Readonly<Record<string, Limit>>).map(([name, limit]) => [
    `\`${name}\``,
    limit.part,
    `${limit.value.toLocaleString('en-US')} ${limit.unit}`,
    limit.what,
    limit.cut,
    `${TELLS[limit.tells]}${limit.countedAs === undefined ? '' : ` as \`${limit.countedAs}\``}`,
    limit.cure,
  ]);
  const parts = [
    '# Limits',
    'Generated from the definitions in `packages/model/src/limits` by `npm run docs:write`. Nothing grows without a bound, and nothing is cut in silence.',
    'What is counted is `soc_limit_hits_total{limit="…"}` in the `/metrics` of the service that has the limit; detection has those of tailer, parsers, store and the embedded mode. "And an alert" means that the first time in an hour an alert `PipelineLimitRule` (rule id `pipeline-limit`, entity `limit`) says on the terminal and in the console what was cut, how often, and what to do. Response is never asked about it. Where nothing is said, the limit bounds one step of work and nothing is lost.',
    'The tables of the rule compiler (`packages/sigma/src`) and of the query dialects bound what a rule may be; a rule beyond them is refused when it is loaded, in a sentence with file, line and path.',
    markdownTable([
      ['Limit', 'Part', 'Number', 'What it bounds', 'Beyond it', 'Said by', 'What to do'],
      ...rows,
    ]),
    '## Who benefits',
    'Where an attacker can choose the order in which a limit is used up, it must not help him: the answer for each limit that cuts something, and for others where it matters.',
    markdownTable([
      ['Limit', 'Who gains when it is used up'],
      ...Object.entries(WHO_BENEFITS).map(([name, answer]) => [`\`${name}\``, answer]),
    ]),
  ];
  return format(parts.join('\n\n'), { parser: 'markdown', printWidth: 100 });
}

function table(fields: readonly FieldDescription[]): string {
  const rows = fields.map((field) =>
    [
      `\`${field.name}\``,
      field.isOptional ? '' : 'always',
      `${typeOf(field)}${field.isArray ? ' (list)' : ''}`,
      columnTypeOf(field),
      field.ecs === undefined ? '' : `\`${field.ecs}\``,
      field.description,
    ].map((cell) => cell.replaceAll('|', String.raw`\|`)),
  );
  return markdownTable([
    ['Field', 'Present', 'Elasticsearch', 'DuckDB', 'ECS name', 'Meaning'],
    ...rows,
  ]);
}

/** The first row is the head. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => '-'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
