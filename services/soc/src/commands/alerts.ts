/** `soc alerts`: the newest alerts of the running instance. */
import { alertSchema, safeJson } from '@mini-soc/model';
import { z } from 'zod';
import type { CommandContext } from '../command.ts';
import { reachInstance } from '../running-instance.ts';
import { formatTable } from '../table.ts';
import { askService } from './ask-service.ts';
import { DATA_OPTIONS, readArguments, readCommandSettings, readWhole } from './read-arguments.ts';

export async function runAlerts(context: CommandContext): Promise<number> {
  const { values } = readArguments(context.argv, {
    ...DATA_OPTIONS,
    size: { type: 'string', default: '20' },
  });
  const size = readWhole('size', values.size, 1, 1000);
  const settings = await readCommandSettings(context, values);
  const services = await reachInstance(settings, context);
  const alerts = await askService(services.detection, `/alerts?size=${size}`, {
    answer: z.array(alertSchema),
  });
  if (values.json) {
    context.write(`${safeJson(alerts, 2)}\n`);
    return 0;
  }
  if (alerts.length === 0) {
    context.write('No alerts yet\n');
    return 0;
  }
  const rows = alerts.map((alert) => [
    alert.last_seen.slice(0, 19).replace('T', ' '),
    alert.severity,
    alert.rule_name,
    alert.response.action === 'block' && alert.response.state === 'done'
      ? 'blocked'
      : (alert.response.action ?? alert.response.state),
    alert.details.summary,
  ]);
  context.write(
    formatTable(['LAST SEEN (UTC)', 'SEVERITY', 'RULE', 'ANSWER', 'WHAT HAPPENED'], rows, 160),
  );
  return 0;
}
