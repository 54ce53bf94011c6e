/**
 * Where settings come from: the YAML file given with --config (keys are the variables' names in lower
 * case), over it the environment, over it the command line. All faults are reported together.
 */
import { readFile } from 'node:fs/promises';
import {
  ConfigError,
  parseSettings,
  SETTINGS,
  UsageError,
  type SettingName,
  type Settings,
} from '@mini-soc/model';
import { withSecretFiles } from '@mini-soc/service-kit';
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const fileSchema = z.record(
  z.string(),
  z.union([scalar, z.array(scalar).transform((list) => list.join(','))]),
);

export interface ConfigSources {
  readonly file: string | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly flags: Partial<Readonly<Record<SettingName, string>>>;
}

/** Throws UsageError when the file cannot be read, ConfigError for wrong settings. */
export async function readConfig(sources: ConfigSources): Promise<Settings> {
  const fromFile = sources.file === undefined ? {} : await readConfigFile(sources.file);
  const present = Object.fromEntries(
    Object.entries(sources.variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  return parseSettings({ ...fromFile, ...(await withSecretFiles(present)), ...sources.flags });
}

async function readConfigFile(file: string): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(
      `Cannot read the configuration file "${file}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  const { parseDocument } = await import('yaml'); // most commands are given no file
  const document = parseDocument(text, { uniqueKeys: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    throw new UsageError(
      `Cannot read the configuration file "${file}": ${fault.message.split('\n')[0] ?? ''}`,
    );
  }
  const parsed = fileSchema.safeParse(document.toJS({ maxAliasCount: 20 }) ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UsageError(
      `Cannot read the configuration file "${file}": expected "name: value" lines, "${issue?.path.join('.') ?? ''}" is not one`,
    );
  }
  const unknown = Object.keys(parsed.data).filter(
    (key) => !Object.hasOwn(SETTINGS, key.toUpperCase()),
  );
  if (unknown.length > 0) {
    throw new ConfigError(
      unknown.map(
        (key) =>
          `${key}  Expected a setting named in .env.example, in lower case: it is unknown (file "${file}")`,
      ),
    );
  }
  return Object.fromEntries(
    Object.entries(parsed.data).map(([key, value]) => [key.toUpperCase(), value]),
  );
}
