/** A strict reading of the configurations of Filebeat: what is missing here would lose or double lines. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EVENT_FIELDS, LIMITS, SELF_TEST_FILES, SETTINGS } from '@mini-soc/model';
import { usualLogs } from '@mini-soc/parsers';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { logsOfNoFormat, unreadLogs } from './filebeat-logs.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const FOLDER = path.join(ROOT, 'filebeat');
const CONFIGURATIONS = readdirSync(FOLDER).filter((name) => name.endsWith('.yml'));

/** Variables of Filebeat's environment alone; all others are settings of the product. */
const OWN_VARIABLES = ['LOG_ROOT', 'LOG_HOSTNAME', 'SHIP_SYSLOG', 'SHIP_JOURNAL', 'TZ'];

const processors = z.tuple([
  z.strictObject({
    add_fields: z.strictObject({
      target: z.literal('shipper'),
      fields: z.strictObject({ hostname: z.literal('${LOG_HOSTNAME:}') }),
    }),
  }),
  z.strictObject({
    fingerprint: z.strictObject({
      fields: z.array(z.string()).min(4),
      ignore_missing: z.literal(true),
      method: z.literal('sha256'),
      target_field: z.literal('@metadata._id'),
    }),
  }),
  z.strictObject({
    script: z.strictObject({
      lang: z.literal('javascript'),
      file: z.literal('mini-soc.js'),
      params: z.union([
        z.strictObject({
          zone: z.literal('${LOG_TIME_ZONE:}').optional(),
          process_zone: z.literal('${TZ:}').optional(),
          hostname: z.literal('${LOG_HOSTNAME:}'),
          trusted_proxies: z.literal('${TRUSTED_PROXIES:}').optional(),
        }),
        z.strictObject({ zone: z.literal('UTC'), self_test: z.literal('true') }),
      ]),
    }),
  }),
]);

const id = z.string().regex(/^mini-soc-[a-z-]+$/);
const enabled = z
  .string()
  .regex(/^\$\{SHIP_[A-Z]+:false\}$/)
  .optional();

const inputsSchema = z
  .array(
    z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('filestream'),
        id,
        enabled,
        paths: z
          .array(z.string().regex(/^\$\{(LOG_ROOT|SELF_TEST_DIR):\/[a-z/-]+\}\/[a-z0-9./*_-]+$/))
          .min(1),
        exclude_lines: z.array(z.string()).optional(),
        // By fingerprint, the default, files under 1,024 bytes are left out.
        'file_identity.native': z.strictObject({}),
        'prospector.scanner': z.strictObject({
          check_interval: z.literal('1s'),
          'fingerprint.enabled': z.literal(false),
        }),
        message_max_bytes: z.literal(LIMITS.line_bytes.value),
        backoff: z.strictObject({ init: z.string(), max: z.literal('1s') }),
        processors,
      }),
      z.strictObject({
        type: z.literal('journald'),
        id,
        enabled,
        seek: z.literal('since'),
        since: z.string(),
        processors,
      }),
      z.strictObject({
        type: z.literal('winlog'),
        id,
        name: z.literal('Security'),
        event_id: z.literal('4624, 4625, 4688'),
        ignore_older: z.string(),
        processors,
      }),
    ]),
  )
  .min(1);

const configuration = z.strictObject({
  'filebeat.inputs': inputsSchema,
  processors: z.tuple([
    z.strictObject({
      drop_fields: z.strictObject({
        fields: z.tuple([
          z.literal('agent'),
          z.literal('ecs'),
          z.literal('host'),
          z.literal('input'),
        ]),
        ignore_missing: z.literal(true),
      }),
    }),
  ]),
  'setup.ilm.enabled': z.literal(false),
  'setup.template.enabled': z.literal(false),
  'queue.mem': z.strictObject({
    events: z.int(),
    'flush.min_events': z.int(),
    'flush.timeout': z.literal('200ms'),
  }),
  'output.elasticsearch': z.strictObject({
    hosts: z.tuple([z.string().regex(/^\$\{ELASTICSEARCH_URL(:http:\/\/elasticsearch:9200)?\}$/)]),
    api_key: z.literal('${ELASTICSEARCH_API_KEY:}').optional(),
    username: z.literal('${ELASTICSEARCH_USERNAME:}').optional(),
    password: z.literal('${ELASTICSEARCH_PASSWORD:}').optional(),
    'ssl.certificate_authorities': z.tuple([z.literal('${ELASTICSEARCH_CA_FILE}')]).optional(),
    allow_older_versions: z.literal(true),
    preset: z.literal('custom'),
    bulk_max_size: z.int(),
    backoff: z.strictObject({ init: z.string(), max: z.literal('5s') }),
    index: z.literal('soc-logs-%{+yyyy.MM.dd}'),
    indices: z.tuple([
      z.strictObject({
        index: z.literal('soc-dead-letters'),
        'when.contains': z.strictObject({ tags: z.literal('_js_exception') }),
      }),
    ]),
    'non_indexable_policy.dead_letter_index': z.strictObject({
      index: z.literal('soc-dead-letters'),
    }),
  }),
  'logging.level': z.literal('info'),
  'logging.to_stderr': z.literal(true),
  'logging.metrics.enabled': z.literal(false),
});

const textOf = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8');
const read = (name: string) =>
  configuration.parse(parse(textOf(name), { merge: true, strict: true, uniqueKeys: true }));
const variablesOf = (name: string): readonly string[] => [
  ...new Set(
    [...textOf(name).matchAll(/\$\{([A-Za-z0-9_]+)(?::[^}]*)?\}/g)].map((match) => match[1] ?? ''),
  ),
];

describe('the configurations of Filebeat', () => {
  it('are those of the generator, of Linux and of Windows', () => {
    expect(CONFIGURATIONS).toEqual(['filebeat.prod.yml', 'filebeat.windows.yml', 'filebeat.yml']);
  });

  it.each(CONFIGURATIONS)('%s says what the product needs and nothing else', (name) => {
    const ids = read(name)['filebeat.inputs'].map((input) => input.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(CONFIGURATIONS)('%s names variables that exist', (name) => {
    const known = [...Object.keys(SETTINGS), ...OWN_VARIABLES];
    expect(variablesOf(name).filter((variable) => !known.includes(variable))).toEqual([]);
    expect(variablesOf(name)).toContain('ELASTICSEARCH_URL');
  });

  it('those for production give no address, secret or authority of their own', () => {
    for (const name of ['filebeat.prod.yml', 'filebeat.windows.yml']) {
      const output = read(name)['output.elasticsearch'];
      expect(output.hosts).toEqual(['${ELASTICSEARCH_URL}']);
      expect(output['ssl.certificate_authorities']).toEqual(['${ELASTICSEARCH_CA_FILE}']);
      expect([output.api_key, output.username, output.password]).not.toContain(undefined);
    }
  });

  it('a line counts once: what doubles another input is off until it is wanted', () => {
    const { 'filebeat.inputs': inputs } = read('filebeat.prod.yml');
    const off = inputs
      .filter((input) => 'enabled' in input && input.enabled !== undefined)
      .map((input) => input.id);
    expect(off).toEqual(['mini-soc-syslog', 'mini-soc-journal']);
  });

  it('only what is read in the folder of the self-test is marked as such, and all of it', () => {
    for (const name of ['filebeat.yml', 'filebeat.prod.yml']) {
      const inputs = read(name)['filebeat.inputs'];
      const marked = inputs.filter((input) => 'self_test' in input.processors[2].script.params);
      const inFolder = inputs.filter(
        (input) =>
          input.type === 'filestream' &&
          input.paths.some((one) => one.startsWith('${SELF_TEST_DIR:')),
      );
      expect(marked.map(({ id: one }) => one)).toEqual(['mini-soc-self-test']);
      expect(inFolder).toEqual(marked);
      expect(inFolder.flatMap((input) => ('paths' in input ? input.paths : []))).toEqual([
        expect.stringMatching(/^\$\{SELF_TEST_DIR:[^}]+\}\/[^/]+$/),
      ]);
      expect(textOf(name)).toContain(`}/${SELF_TEST_FILES}'`);
    }
    expect(textOf('filebeat.windows.yml')).not.toContain('self_test');
  });

  it('an id is made of the path of the file, the offset and the line', () => {
    const made = CONFIGURATIONS.flatMap((name) => read(name)['filebeat.inputs'])
      .filter((input) => input.type === 'filestream')
      .map((input) => input.processors[1].fingerprint.fields.join(' '));
    expect(made.length).toBeGreaterThan(5);
    expect([...new Set(made)]).toEqual(['shipper.hostname log.file.path log.offset message']);
  });

  it('filebeat.prod.yml reads the usual logs of every format, and no others', () => {
    const text = textOf('filebeat.prod.yml');
    expect(unreadLogs(text, usualLogs())).toEqual([]);
    // The kernel's lines stand there for good; ufw's are taken from ufw.log.
    expect(logsOfNoFormat(text, usualLogs())).toEqual(['/var/log/kern.log']);
  });

  it('unreadLogs() and logsOfNoFormat() name what one has and the other has not', () => {
    const text = textOf('filebeat.prod.yml');
    expect(unreadLogs(text, ['/var/log/of-nobody.log', '/var/log/nginx/deep/access.log'])).toEqual([
      '/var/log/of-nobody.log',
      '/var/log/nginx/deep/access.log',
    ]);
    // On demand only.
    expect(unreadLogs(text, ['/var/log/syslog'])).toEqual(['/var/log/syslog']);
    const withoutUfw = usualLogs().filter((log) => log !== '/var/log/ufw.log');
    expect(logsOfNoFormat(text, withoutUfw)).toContain('/var/log/ufw.log');
  });

  it('nothing of Filebeat that is dropped has the name of a field of an event', () => {
    const fields = EVENT_FIELDS.map((field) => field.name);
    for (const name of CONFIGURATIONS) {
      const dropped: readonly string[] = read(name).processors[0].drop_fields.fields;
      expect(dropped.filter((field) => fields.includes(field))).toEqual([]);
    }
  });

  it('every variable is given by the compose file, where there is one', () => {
    const files = {
      'filebeat.yml': 'docker-compose.yml',
      'filebeat.prod.yml': 'docker-compose.prod.yml',
    };
    for (const [name, file] of Object.entries(files)) {
      const compose = path.join(ROOT, file);
      const present = existsSync(compose) ? readFileSync(compose, 'utf8') : undefined;
      const required = [...textOf(name).matchAll(/\$\{([A-Z_]+)\}/g)].map(
        (match) => match[1] ?? '',
      );
      expect(required.filter((variable) => present?.includes(variable) === false)).toEqual([]);
    }
  });
});
