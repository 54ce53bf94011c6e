/**
 * What has to be true once a recipe was followed, and is false before. scripts/check-gates.ts runs this in a copy of
 * the repository without the planted changes, and again with them; printed is one JSON object: recipe → claim → truth.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { eventSchema, type SocEvent } from '@mini-soc/model';
import { FORMATS, LOG_FORMATS, parseLine, usualLogs } from '@mini-soc/parsers';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { unreadLogs } from '../e2e/filebeat-logs.ts';
import { buildScript } from './build-filebeat.ts';
import { renderFields, renderFormats } from './generated-documents.ts';
import { KNOCK_MESSAGE, MAIL_LOG, MAIL_MESSAGE } from './planted-recipes.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const CONTEXT = {
  arrivalMs: Date.parse('2026-11-21T12:00:00Z'),
  zoneOffsetMinutes: (): number => 0,
};

const script = await buildScript();
const formatsPage = await renderFormats(FORMATS);
const fieldsPage = await renderFields();

function format(name: string, header: string, message: string, action: string) {
  const line = `Nov 21 03:40:00 mail ${header}: ${message}`;
  const known = LOG_FORMATS.find((one) => one === name);
  return {
    'its line is an event': parseLine(line, CONTEXT)?.action === action,
    'its message without a header is an event':
      known !== undefined && parseLine(message, { ...CONTEXT, format: known })?.action === action,
    'soc parse --format takes it': eventOfCommand(name, message)?.action === action,
    "Filebeat's script reads it": script.includes(`'${action}'`) || script.includes(`"${action}"`),
    'docs/formats.md lists it': formatsPage.includes(`\`${name}\``),
  };
}

function eventOfCommand(name: string, message: string): Partial<SocEvent> | undefined {
  const run = spawnSync(
    process.execPath,
    [...process.execArgv, path.join(ROOT, 'services/soc/src/main.ts'), 'parse', '--format', name],
    { input: `${message}\n`, encoding: 'utf8' },
  );
  if (run.status !== 0) return undefined;
  return (JSON.parse(run.stdout) as { event: Partial<SocEvent> | null }).event ?? undefined;
}

async function field(name: string) {
  const parsed = parseLine(JSON.stringify({ action: 'planted', [name]: 'planted' }), CONTEXT);
  const event = parsed === undefined ? undefined : { ...parsed, event_id: 'planted' };
  const store = await openDuckDbStore({ path: ':memory:' });
  if (event !== undefined) await store.appendEvents([event]);
  const found = await store.countEvents({
    kind: 'equals',
    field: name,
    value: 'planted',
    cased: true,
  });
  await store.close();
  return {
    'a line of JSON sets it': event?.extra === undefined && Object.hasOwn(event ?? {}, name),
    'the model knows it': eventSchema.safeParse({ ...event, [name]: 'planted', extra: undefined })
      .success,
    "Filebeat's script takes it": script.includes(name),
    'docs/fields.md lists it': fieldsPage.includes(`\`${name}\``),
    'DuckDB finds it': found === 1,
  };
}

const prod = readFileSync(path.join(ROOT, 'filebeat/filebeat.prod.yml'), 'utf8');
process.stdout.write(
  JSON.stringify({
    'a parser': format('planted-knock', 'plantedknockd[5]', KNOCK_MESSAGE, 'planted_knock'),
    'a parser with a log of its own': {
      ...format('planted-postfix', 'postfix/smtpd[411]', MAIL_MESSAGE, 'planted_mail_login'),
      'soc up watches its log': usualLogs().includes(MAIL_LOG),
      'Filebeat reads its log': unreadLogs(prod, [MAIL_LOG]).length === 0,
    },
    'a field': await field('planted_field'),
    'a queried field': await field('planted_queried'),
  }),
);
