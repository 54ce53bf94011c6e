/**
 * What has to be true once a recipe was followed, and is false before. scripts/check-recipes.ts runs this in a copy of
 * the repository without the planted changes, with them, and with all but those of one file, for the recipes whose
 * names are its arguments; printed is one JSON object: recipe → claim → truth.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { eventSchema, parseSettings, SETTINGS, type SocEvent } from '@mini-soc/model';
import { createLogger, type createHttpApp } from '@mini-soc/service-kit';
import { FORMATS, LOG_FORMATS, parseLine, usualLogs } from '@mini-soc/parsers';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { unreadLogs } from '../e2e/filebeat-logs.ts';
import { createLanes } from '../services/detection/src/outbox/lanes.ts';
import { openFirewall } from '../services/response/src/enforce/open-firewall.ts';
import { openRemotePoints } from '../services/response/src/enforce/open-followers.ts';
import { POINTS } from '../services/response/src/enforce/points.ts';
import { responseSettingsOf } from '../services/response/src/response-settings.ts';
import { buildScript } from './build-filebeat.ts';
import { renderFields, renderFormats } from './generated-documents.ts';
import { KNOCK_MESSAGE, MAIL_LOG, MAIL_MESSAGE } from './planted-formats.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const CONTEXT = {
  arrivalMs: Date.parse('2026-11-21T12:00:00Z'),
  zoneOffsetMinutes: (): number => 0,
};

type Claim = Readonly<Record<string, boolean>>;

const silent = createLogger({ name: 'recipes', level: 'silent' });
const script = once(buildScript);

async function format(name: string, header: string, message: string, action: string) {
  const line = `Nov 21 03:40:00 mail ${header}: ${message}`;
  const text = await script();
  const known = LOG_FORMATS.find((one) => one === name);
  return {
    'its line is an event': parseLine(line, CONTEXT)?.action === action,
    'its message without a header is an event':
      known !== undefined && parseLine(message, { ...CONTEXT, format: known })?.action === action,
    'soc parse --format takes it': eventOfCommand(name, message)?.action === action,
    "Filebeat's script reads it": ['"', "'"].some((quote) => text.includes(quote + action + quote)),
    'docs/formats.md lists it': (await renderFormats(FORMATS)).includes(`\`${name}\``),
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
    "Filebeat's script takes it": (await script()).includes(name),
    'docs/fields.md lists it': (await renderFields()).includes(`\`${name}\``),
    'DuckDB finds it': found === 1,
  };
}

async function localPoint() {
  return {
    'RESPONSE_FIREWALL opens it': await isSo(async () => {
      const { RESPONSE_FIREWALL } = parseSettings({ RESPONSE_FIREWALL: 'planted' });
      const { name }: { name: string } = await openFirewall(RESPONSE_FIREWALL, async () => '');
      return name === 'planted';
    }),
    'the description of RESPONSE_FIREWALL names it':
      SETTINGS.RESPONSE_FIREWALL.description.includes('planted'),
  };
}

async function remotePoint() {
  const host = { settings: responseSettingsOf(parseSettings({})), fetch, logger: silent };
  const opened = await openRemotePoints(POINTS, host);
  return { 'it follows the ledger': opened.some(({ name }) => name === 'planted-cloud') };
}

function output() {
  const lanes = createLanes({
    responder: { respond: () => Promise.reject(new Error('Nobody is asked')) },
    enricher: { enrich: () => Promise.reject(new Error('Nobody is asked')) },
    settings: { token: '', intervalMs: 15_000, latenessMs: 120_000 },
    now: () => new Date(CONTEXT.arrivalMs),
  });
  return { 'the outbox has its lane': lanes.some(({ name }) => name === 'planted') };
}

async function service() {
  const load = (file: string): Promise<unknown> =>
    import(pathToFileURL(path.join(ROOT, 'services/planted/src', file)).href);
  const settings: Readonly<Record<string, { readonly fallback?: string } | undefined>> = SETTINGS;
  return {
    'it has settings of its port and address':
      settings['PLANTED_PORT']?.fallback === '8999' &&
      settings['PLANTED_URL']?.fallback === 'http://127.0.0.1:8999',
    'it is started with what it uses': await isSo(async () => {
      const { uses } = (await load('main.ts')) as { uses: unknown };
      const wanted = {
        listens: true,
        elasticsearch: true,
        kibana: false,
        enforces: false,
        service: 'planted',
        calls: ['RESPONSE_URL'],
      };
      return isDeepStrictEqual(uses, wanted);
    }),
    'it answers at /health': await isSo(async () => {
      const { buildPlanted } = (await load('app.ts')) as {
        buildPlanted: () => ReturnType<typeof createHttpApp>;
      };
      const app = await buildPlanted();
      try {
        return (await app.inject('/health')).json<{ service: string }>().service === 'planted';
      } finally {
        await app.close();
      }
    }),
  };
}

/** The same answer each time, found once. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}

/** False too when it cannot be found out: without the recipe, most of it is not there. */
async function isSo(find: () => Promise<boolean>): Promise<boolean> {
  return find().catch(() => false);
}

const CLAIMS: Readonly<Record<string, () => Claim | Promise<Claim>>> = {
  'a parser': () => format('planted-knock', 'plantedknockd[5]', KNOCK_MESSAGE, 'planted_knock'),
  'a parser with a log of its own': async () => ({
    ...(await format('planted-mail', 'plantedmaild[411]', MAIL_MESSAGE, 'planted_mail_login')),
    'soc up watches its log': usualLogs().includes(MAIL_LOG),
    'Filebeat reads its log':
      unreadLogs(readFileSync(path.join(ROOT, 'filebeat/filebeat.prod.yml'), 'utf8'), [MAIL_LOG])
        .length === 0,
  }),
  'a field': () => field('planted_field'),
  'a queried field': () => field('planted_queried'),
  'a local point': localPoint,
  'a remote point': remotePoint,
  'an output': output,
  'a service': service,
};

const found: Record<string, Claim> = {};
for (const name of process.argv.slice(2)) found[name] = (await CLAIMS[name]?.()) ?? {};
process.stdout.write(JSON.stringify(found));
