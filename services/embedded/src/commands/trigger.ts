/** `soc trigger`: one detection cycle now, and what it did. */
import { z } from 'zod';
import type { CommandContext } from '../run-command-line.ts';
import { findRunningInstance } from '../running-instance.ts';
import { askService } from './ask-service.ts';
import { DATA_OPTIONS, readArguments, readCommandSettings } from './read-arguments.ts';

export async function runTrigger(context: CommandContext): Promise<number> {
  const { values } = readArguments(context.argv, DATA_OPTIONS);
  const settings = await readCommandSettings(context, values);
  const urls = await findRunningInstance(settings);
  const report = await askService(urls.detection, '/trigger', {
    method: 'POST',
    token: settings.API_TOKEN,
    answer: z.unknown(),
  });
  context.write(`${JSON.stringify(report, null, values.json ? 0 : 2)}\n`);
  return 0;
}
