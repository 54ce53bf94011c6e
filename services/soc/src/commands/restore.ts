/** `soc restore FOLDER`: a data folder from a backup. */
import { UsageError } from '@mini-soc/model';
import { restore } from '../backup/restore.ts';
import type { CommandContext } from '../command.ts';
import { readArguments, readCommandSettings } from './read-arguments.ts';

export async function runRestore(context: CommandContext): Promise<number> {
  const { values, positionals } = readArguments(
    context.argv,
    {
      data: { type: 'string' },
      config: { type: 'string' },
      replace: { type: 'boolean', default: false },
    },
    true,
  );
  const [backup, ...others] = positionals;
  if (backup === undefined || others.length > 0)
    throw new UsageError(
      'Name one backup to restore: soc restore FOLDER [--data DIR] [--config FILE] [--replace]',
    );
  const settings = await readCommandSettings(context, values);
  const { manifest, movedTo } = await restore({
    backup,
    dataDirectory: settings.DATA_DIR,
    replace: values.replace,
    now: context.now(),
  });
  if (movedTo !== undefined) context.write(`The folder of before is now ${movedTo}\n`);
  context.write(
    `Restored ${settings.DATA_DIR} from ${manifest.created_at}, mini-SOC ${manifest.product}: ${manifest.events.toLocaleString('en-US')} events, ${manifest.files.length} files\n`,
  );
  return 0;
}
