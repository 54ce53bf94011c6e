/** `soc trigger`: one detection cycle now, and what it did. */
import { safeJson } from '@mini-soc/model';
import { z } from 'zod';
import type { CommandContext } from '../command.ts';
import { reachInstance } from '../running-instance.ts';
import { formatTable } from '../table.ts';
import { askService } from './ask-service.ts';
import { DATA_OPTIONS, readArguments, readCommandSettings } from './read-arguments.ts';

const reportSchema = z.looseObject({
  tookMs: z.number(),
  created: z.number(),
  updated: z.number(),
  rules: z.array(
    z.looseObject({
      name: z.string(),
      candidates: z.number(),
      created: z.number(),
      updated: z.number(),
      error: z.string().optional(),
    }),
  ),
});

export async function runTrigger(context: CommandContext): Promise<number> {
  const { values } = readArguments(context.argv, DATA_OPTIONS);
  const settings = await readCommandSettings(context, values);
  const services = await reachInstance(settings, context);
  const report = await askService(services.detection, '/trigger', {
    method: 'POST',
    answer: reportSchema,
  });
  if (values.json) {
    context.write(`${safeJson(report)}\n`);
    return 0;
  }
  const failed = report.rules.filter((rule) => rule.error !== undefined);
  context.write(
    `One cycle of ${report.rules.length} rules in ${Math.round(report.tookMs)} ms: ${report.created} alerts made, ${report.updated} changed\n`,
  );
  const told = report.rules.filter((rule) => rule.candidates > 0 || rule.error !== undefined);
  if (told.length > 0)
    context.write(
      formatTable(
        ['RULE', 'LOOKED AT', 'MADE', 'CHANGED', 'FAILED BECAUSE'],
        told.map((rule) => [
          rule.name,
          String(rule.candidates),
          String(rule.created),
          String(rule.updated),
          rule.error ?? '',
        ]),
        120,
      ),
    );
  return failed.length === 0 ? 0 : 1;
}
