/** Arguments of a command, read by node:util; anything unknown is an error that names it. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError, type Settings } from '@mini-soc/model';
import { readConfig } from '../read-config.ts';
import type { CommandContext } from '../command.ts';

type ParseArgsOptionsConfig = NonNullable<ParseArgsConfig['options']>;

export const DATA_OPTIONS = {
  data: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

/** Throws TypeError with code ERR_PARSE_ARGS_… for an unknown option. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: Options,
  allowPositionals = false,
) {
  return parseArgs({ args: [...argv], options, allowPositionals, strict: true });
}

/** A whole number within bounds. Throws UsageError with wish and present value. */
export function readWhole(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(
      `Option --${name} expects a whole number from ${min} to ${max}: current value is "${text}"`,
    );
  return value;
}

/** Settings for a command that takes --data and --config. */
export async function readCommandSettings(
  context: CommandContext,
  values: { readonly data?: string | undefined; readonly config?: string | undefined },
): Promise<Settings> {
  return readConfig({
    file: values.config,
    variables: context.variables,
    flags: values.data === undefined ? {} : { DATA_DIR: values.data },
  });
}
