/**
 * Every setting of the product, once: environment variable, key in the YAML file (the same name in
 * lower case), meaning, default, check. `.env.example` is generated from this table.
 */
import type { z } from 'zod';
import { formatDuration } from './duration.ts';
import { ConfigError } from './errors.ts';
import { KIBANA_SETTINGS } from './settings/kibana.ts';
import { setting, type Setting } from './settings/setting.ts';
import {
  address,
  duration,
  flag,
  hostNames,
  httpUrl,
  httpUrlOrNone,
  intervalOrOff,
  levels,
  oneOf,
  overrides,
  port,
  ranges,
  serviceUrl,
  text,
  whole,
} from './settings/setting-values.ts';

export const SETTINGS = {
  DATA_DIR: setting(
    text().min(1),
    './data',
    'Folder for the embedded store, the ledger, registries',
  ),
  LOG_LEVEL: setting(
    oneOf(['error', 'warn', 'info', 'debug', 'silent']),
    'info',
    'error, warn, info, debug or silent',
  ),
  API_TOKEN: setting(
    text(),
    '',
    'Bearer token between services and for users; empty means none (loopback only)',
    true,
  ),
  DETECTION_PORT: setting(port(), '8000', 'Port of the detection service; 0 takes a free one'),
  RESPONSE_PORT: setting(port(), '8001', 'Port of the response service; 0 takes a free one'),
  ENRICHER_PORT: setting(port(), '8003', 'Port of the enricher; 0 takes a free one'),
  CONSOLE_PORT: setting(port(), '8080', 'Port of the console; 0 takes a free one'),
  SHIPPER_PORT: setting(
    port(),
    '8004',
    'Port of the shipper (our own, where there is no Filebeat)',
  ),
  DETECTION_URL: setting(
    serviceUrl(),
    'http://127.0.0.1:8000',
    'Where other services reach detection',
  ),
  RESPONSE_URL: setting(
    serviceUrl(),
    'http://127.0.0.1:8001',
    'Where other services reach response',
  ),
  ENRICHER_URL: setting(
    serviceUrl(),
    'http://127.0.0.1:8003',
    'Where other services reach the enricher',
  ),
  CONSOLE_URL: setting(serviceUrl(), 'http://127.0.0.1:8080', 'Where commands reach the console'),
  LISTEN_HOST: setting(
    address(),
    '127.0.0.1',
    'Address a service listens on as a process of its own; the embedded mode stays on loopback',
  ),
  HOST_NAMES: setting(
    hostNames(),
    '',
    'Names besides localhost under which requests may ask for us, separated by commas',
  ),
  TLS_CERT_FILE: setting(
    text(),
    '',
    'Certificate (PEM, with intermediates) services answer with; empty means plain http',
  ),
  TLS_KEY_FILE: setting(text(), '', 'Private key (PEM) of that certificate'),
  TLS_CA_FILE: setting(
    text(),
    '',
    'Certificate authority (PEM) the other services are trusted by; empty means those of Node',
  ),
  SECRETS_DIR: setting(
    text().min(1),
    './secrets',
    'Folder in which the set-up of a production installation writes certificates and secrets',
  ),
  PRODUCTION: setting(
    flag(),
    'false',
    'true refuses to start with a weak token, without TLS or without credentials',
  ),
  ELASTICSEARCH_URL: setting(
    httpUrl(),
    'http://127.0.0.1:9200',
    'Where Elasticsearch is (8.19 or 9); not used by the embedded mode',
  ),
  ELASTICSEARCH_API_KEY: setting(
    text(),
    '',
    'API key for Elasticsearch (encoded form); goes before user and password',
    true,
  ),
  ELASTICSEARCH_USERNAME: setting(text(), '', 'User for Elasticsearch; empty means none'),
  ELASTICSEARCH_PASSWORD: setting(text(), '', 'Password of that user', true),
  ELASTICSEARCH_CA_FILE: setting(
    text(),
    '',
    'Certificate authority (PEM) Elasticsearch is trusted by; empty means those of Node',
  ),
  RETRIEVAL: setting(
    oneOf(['words', 'vectors']),
    'words',
    'How the enricher finds techniques: words, or vectors (and words) with the embedding model',
  ),
  MODEL_DIR: setting(
    text(),
    '',
    'Folder of the embedding model all-MiniLM-L6-v2; empty means the one of the image, else it is fetched into DATA_DIR',
  ),
  MODEL_URL: setting(
    httpUrlOrNone(),
    'https://huggingface.co/Xenova/all-MiniLM-L6-v2/resolve/main',
    'Where the model is fetched from when no folder has it; none means never',
  ),
  CHROMA_URL: setting(
    httpUrlOrNone(),
    'none',
    'Chroma server that keeps the vectors of the techniques, such as http://127.0.0.1:8100; none means in memory',
  ),
  RULES_DIR: setting(
    text(),
    '',
    'Folder of rule files; empty means the rules that come with the product',
  ),
  RULE_OVERRIDES: setting(
    overrides(),
    '',
    'Changes to rules, such as BruteForceRule.at_least=6 (keys: at_least, window, suppress, enabled, response)',
  ),
  DETECTION_INTERVAL: setting(
    duration(1000),
    '15s',
    'Time between scheduled detection cycles, at least 1s',
  ),
  DETECTION_LATENESS: setting(
    duration(0),
    '2m',
    'How late an event may arrive and still count as on time',
  ),
  RESPONSE_MODE: setting(
    oneOf(['simulate', 'enforce']),
    'simulate',
    'simulate: decide and record, touch no firewall; enforce: block in the firewall of this machine (needs NET_ADMIN)',
  ),
  RESPONSE_FIREWALL: setting(
    oneOf(['auto', 'nftables', 'iptables', 'ufw']),
    'auto',
    'Firewall of RESPONSE_MODE=enforce: auto (the first that works, in this order), nftables, iptables or ufw',
  ),
  RESPONSE_REPLICA: setting(
    flag(),
    'false',
    'true lets several response processes share DATA_DIR: one acts, the others hand on to it',
  ),
  RESPONSE_LEVELS: setting(
    levels(),
    'low:ignore,medium:block,high:block,critical:block',
    'Answer per severity: ignore, ticket or block (a rule may allow less)',
  ),
  RESPONSE_ALLOWLIST: setting(
    ranges(),
    '',
    'Addresses and CIDR ranges that are never blocked, separated by commas',
  ),
  RESPONSE_BLOCK_PRIVATE: setting(
    flag(),
    'false',
    'true lets private ranges (10/8, 192.168/16, fc00::/7, …) be blocked',
  ),
  RESPONSE_BLOCKS_PER_MINUTE: setting(
    whole(1, 100_000),
    '60',
    'Breaker: most new blocks in a minute',
  ),
  RESPONSE_MAX_ALERT_AGE: setting(
    duration(1000),
    '1h',
    'An alert whose last event is older never blocks',
  ),
  BLOCK_DURATION: setting(duration(1000), '1h', 'How long an address stays blocked the first time'),
  BLOCK_DURATION_MAX: setting(
    duration(1000),
    '7d',
    'Each further block of an address lasts twice as long as the one before, at most this; earlier blocks count as long',
  ),
  RETENTION_AGE: setting(duration(60_000), '30d', 'Events older than this are deleted'),
  RETENTION_SIZE_MB: setting(
    whole(16, 10_000_000),
    '2048',
    'Oldest events are deleted when the store is larger, MiB',
  ),
  LOGS: setting(
    text(),
    '',
    'Log files and globs to watch, separated by commas; empty means the usual places under /var/log',
  ),
  SELF_TEST_INTERVAL: setting(
    intervalOrOff(5000),
    '10m',
    'Time between self-tests, in which a made-up attack goes through every stage, at least 5s; 0 turns them off',
  ),
  SELF_TEST_DIR: setting(
    text(),
    '',
    'Folder for the log files of the self-test, which detection writes and Filebeat or the shipper reads; empty turns it off there. The embedded mode uses its data folder',
  ),
  LOG_TIME_ZONE: setting(
    text(),
    '',
    'IANA zone of log lines that name none, such as Europe/Berlin; empty means the zone of this machine',
  ),
  GENERATOR_SEED: setting(whole(0, 4_294_967_295), '1', 'The same seed writes the same lines'),
  GENERATOR_RATE: setting(whole(1, 100_000), '4', 'Events of normal life per second'),
  GENERATOR_MIX: setting(
    text().regex(/^[a-z_]+:\d+(,[a-z_]+:\d+)*$/, 'Expected name:weight pairs'),
    'brute_force:4,anomalous_login:2,command_exec:2,port_scan:1,web_fuzz:1',
    'Weights of the attack scenarios',
  ),
  GENERATOR_HOSTS: setting(whole(1, 1000), '3', 'Number of simulated hosts'),
  GENERATOR_FORMAT: setting(
    oneOf(['json', 'text']),
    'json',
    'json: one JSON object a line; text: genuine log files',
  ),
  GENERATOR_DIR: setting(text().min(1), './data/generated', 'Folder the generator writes to'),
  ...KIBANA_SETTINGS,
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = {
  readonly [Name in SettingName]: z.infer<(typeof SETTINGS)[Name]['schema']>;
};

/**
 * Reads all settings from variables; unknown variables are ignored (the environment has many).
 * Throws ConfigError with one line per fault: variable, wish, present value (hidden for secrets).
 */
export function parseSettings(variables: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    const present = variables[name];
    const parsed = entry.schema.safeParse(
      present === undefined || present === '' ? entry.fallback : present,
    );
    if (parsed.success) values[name] = parsed.data;
    else {
      const wish = parsed.error.issues[0]?.message ?? 'is not valid';
      faults.push(
        `${name}  ${wish}: current value is ${entry.secret === true ? 'hidden' : JSON.stringify(present ?? entry.fallback)}`,
      );
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  const settings = Object.freeze(values) as Settings;
  const holes = holesOf(settings);
  if (holes.length > 0) throw new ConfigError(holes);
  return settings;
}

/** Settings that are right one by one, and together would let attacks through unseen or unanswered. */
function holesOf(settings: Settings): readonly string[] {
  const holes: string[] = [];
  const answerableMs = 2 * settings.DETECTION_INTERVAL;
  if (settings.RESPONSE_MAX_ALERT_AGE < answerableMs)
    holes.push(
      `RESPONSE_MAX_ALERT_AGE  Expected at least twice DETECTION_INTERVAL (${formatDuration(answerableMs)}), or alerts are too old to be answered before they are made: current value is "${formatDuration(settings.RESPONSE_MAX_ALERT_AGE)}"`,
    );
  const keptMs = settings.DETECTION_LATENESS + 2 * settings.DETECTION_INTERVAL;
  if (settings.RETENTION_AGE < keptMs)
    holes.push(
      `RETENTION_AGE  Expected more than DETECTION_LATENESS and two cycles (${formatDuration(keptMs)}), or events are deleted before they are evaluated: current value is "${formatDuration(settings.RETENTION_AGE)}"`,
    );
  return holes;
}
