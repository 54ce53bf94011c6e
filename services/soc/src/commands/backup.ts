/** `soc backup FOLDER`: all that mini-SOC keeps, in a new folder with a manifest; also while it runs. */
import { UsageError } from '@mini-soc/model';
import { VERSION } from '@mini-soc/service-kit';
import { backUp } from '../backup/back-up.ts';
import type { CommandContext } from '../command.ts';
import { readArguments, readCommandSettings } from './read-arguments.ts';

export async function runBackup(context: CommandContext): Promise<number> {
  const { values, positionals } = readArguments(
    context.argv,
    { data: { type: 'string' }, config: { type: 'string' } },
    true,
  );
  const [target, ...others] = positionals;
  if (target === undefined || others.length > 0)
    throw new UsageError(
      'Name one folder to make the backup in: soc backup FOLDER [--data DIR] [--config FILE]',
    );
  const settings = await readCommandSettings(context, values);
  const manifest = await backUp({
    dataDirectory: settings.DATA_DIR,
    target,
    product: VERSION,
    now: context.now(),
  });
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  context.write(
    `Backed up ${settings.DATA_DIR} to ${target}: ${manifest.events.toLocaleString('en-US')} events, ${manifest.files.length} files, ${(bytes / 1_048_576).toFixed(1)} MB\n`,
  );
  return 0;
}
