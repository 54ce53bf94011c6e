/**
 * Every setting of the product, once: environment variable, key in the YAML file (the same name in
 * lower case), meaning, default, check; a file for each part. `.env.example` is generated from this table.
 */
import type { z } from 'zod';
import { formatDuration } from './duration.ts';
import { ConfigError } from './errors.ts';
import { ADDRESS_SETTINGS } from './settings/addresses.ts';
import { DETECTION_SETTINGS } from './settings/detection.ts';
import { ELASTICSEARCH_SETTINGS } from './settings/elasticsearch.ts';
import { ENRICHER_SETTINGS } from './settings/enricher.ts';
import { GENERATOR_SETTINGS } from './settings/generator.ts';
import { INSTALLATION_SETTINGS } from './settings/installation.ts';
import { KIBANA_SETTINGS } from './settings/kibana.ts';
import { LOG_SETTINGS } from './settings/logs.ts';
import { RESPONSE_SETTINGS } from './settings/response.ts';
import { RETENTION_SETTINGS } from './settings/retention.ts';
import type { Setting } from './settings/setting.ts';

export const SETTINGS = {
  ...INSTALLATION_SETTINGS,
  ...ADDRESS_SETTINGS,
  ...ELASTICSEARCH_SETTINGS,
  ...ENRICHER_SETTINGS,
  ...DETECTION_SETTINGS,
  ...RESPONSE_SETTINGS,
  ...RETENTION_SETTINGS,
  ...LOG_SETTINGS,
  ...GENERATOR_SETTINGS,
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
