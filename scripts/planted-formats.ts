/** The recipes for a parser and for a field, each followed once with something that is not there. */
import {
  after,
  insertAfter,
  newFile,
  type PlantedChange,
  type PlantedRecipe,
} from './planted-change.ts';

const PARSER = 'packages/parsers/src/<format>.ts';
const CASES = 'cases beside it in a test file';
const FORMATS_FILE = 'packages/parsers/src/formats.ts';

export const MAIL_LOG = '/var/log/planted-mail.log';
export const MAIL_MESSAGE =
  'warning: unknown[198.51.100.7]: SASL LOGIN authentication failed: authentication failure';
export const KNOCK_MESSAGE = '198.51.100.7: plantedKnock: Stage 1';

const parser = (name: string, action: string, expression: string): string =>
  `/** ${name}: planted. */
import { setSource, type Draft } from './draft.ts';

export function parse${name}(message: string, draft: Draft): boolean {
  const found = ${expression}.exec(message.slice(0, 300));
  if (found === null) return false;
  draft.log_type = 'auth';
  draft.action = '${action}';
  draft.status = 'failure';
  setSource(draft, found[1] as string);
  return true;
}
`;

const parserTest = (name: string, action: string, header: string, message: string): string =>
  `import { expect, it } from 'vitest';
import { parse } from '../test/hostile-line.ts';

it('parse${name}() reads the peer', () => {
  expect(
    parse('Nov 21 03:40:00 mail ${header}: ' + '${message}'),
  ).toMatchObject({ action: '${action}', source_ip: '198.51.100.7' });
});
`;

const listed = (name: string, file: string, entry: string): PlantedChange => ({
  path: FORMATS_FILE,
  named: FORMATS_FILE,
  change: (present) =>
    after(
      after(
        present,
        /^import .* from '\.\/pkexec\.ts';\n/m,
        `import { parse${name} } from './${file}.ts';\n`,
      ),
      /^const HOST_FORMATS = \[\n/m,
      `  ${entry},\n`,
    ),
});

const mail: readonly PlantedChange[] = [
  newFile(
    'packages/parsers/src/planted-mail.ts',
    PARSER,
    parser(
      'PlantedMail',
      'planted_mail_login',
      String.raw`/^warning: \S{1,64}\[([0-9a-fA-F:.]{2,45})\]: SASL [A-Z0-9-]{1,20} authentication failed/`,
    ),
  ),
  newFile(
    'packages/parsers/src/planted-mail.test.ts',
    CASES,
    parserTest('PlantedMail', 'planted_mail_login', 'plantedmaild[411]', MAIL_MESSAGE),
  ),
  listed(
    'PlantedMail',
    'planted-mail',
    `{ name: 'planted-mail', title: 'mail', programs: ['plantedmaild'], parse: parsePlantedMail, logTypes: ['auth'], paths: ['${MAIL_LOG}'] }`,
  ),
  insertAfter(
    'filebeat/filebeat.prod.yml',
    /\n {2}- <<: \*file\n {4}id: mini-soc-ufw\n {4}paths: .*\n/,
    `\n  - <<: *file\n    id: mini-soc-planted-mail\n    paths: ['\${LOG_ROOT:/var/log}/planted-mail.log']\n`,
  ),
];

const knock: readonly PlantedChange[] = [
  newFile(
    'packages/parsers/src/planted-knock.ts',
    PARSER,
    parser('PlantedKnock', 'planted_knock', String.raw`/^([0-9a-fA-F:.]{2,45}): plantedKnock: /`),
  ),
  newFile(
    'packages/parsers/src/planted-knock.test.ts',
    CASES,
    parserTest('PlantedKnock', 'planted_knock', 'plantedknockd[5]', KNOCK_MESSAGE),
  ),
  listed(
    'PlantedKnock',
    'planted-knock',
    `{ name: 'planted-knock', title: 'knocks', programs: ['plantedknockd'], parse: parsePlantedKnock, logTypes: ['auth'], paths: AUTH_LOGS }`,
  ),
];

const EVENT_FILE = 'packages/model/src/event.ts';
const STEPS_FILE = 'packages/store/src/duckdb/steps.ts';
const MIGRATION_TEST = 'packages/store/test/duckdb-migration.test.ts';

/** A field as `tty` is one. */
const field = (name: string, facts = ''): PlantedChange => ({
  path: EVENT_FILE,
  named: EVENT_FILE,
  change: (present) => {
    const tty = /^ {2}tty: (field\(keyword\(\), \{ .*) \}\),\n/m.exec(present);
    return after(present, /^ {2}tty: .*\n/m, `  ${name}: ${tty?.[1] ?? ''}${facts} }),\n`);
  },
});

const queried: readonly PlantedChange[] = [
  field('planted_queried', ', queried: true'),
  {
    path: STEPS_FILE,
    named: STEPS_FILE,
    change: (present) =>
      after(
        present,
        /^export const STEPS[\s\S]*?^ {2}\},\n(?=\];)/m,
        `  {
    version: ${stepsIn(present) + 1},
    what: 'a column for planted_queried',
    rewrites: false,
    run: () => Promise.resolve(),
  },
`,
      ),
  },
  {
    path: MIGRATION_TEST,
    named: MIGRATION_TEST,
    change: (present, read) => {
      const rows = /QUERIED_BY_VERSION[\s\S]*?\n {2}\d+: \[([^\]]*)\],\n(?=\};)/;
      const known = rows.exec(present)?.[1] ?? '';
      return after(present, rows, `  ${stepsIn(read(STEPS_FILE))}: [${known}'planted_queried'],\n`);
    },
  },
];

export const FORMAT_RECIPES: readonly PlantedRecipe[] = [
  {
    name: 'a parser',
    says: /\*\*A parser \((\d+) files?;/,
    files: knock,
  },
  {
    name: 'a parser with a log of its own',
    says: /\*\*A parser \(\d+ files?; (\d+) with a log of its own\)/,
    files: mail,
    without: { 'filebeat/filebeat.prod.yml': ['Filebeat reads its log'] },
  },
  {
    name: 'a field',
    says: /\*\*A field \((\d+) files?;/,
    files: [field('planted_field')],
  },
  {
    name: 'a queried field',
    says: /\*\*A field \(\d+ files?; (\d+) when it is queried\)/,
    files: queried,
  },
];

function stepsIn(text: string): number {
  return [...text.matchAll(/^ {4}version: \d+,$/gm)].length;
}
