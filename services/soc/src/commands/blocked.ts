/** `soc blocked`: blocks in force, and how to lift one. */
import { parseIpAddress, UsageError, safeJson } from '@mini-soc/model';
import { z } from 'zod';
import type { CommandContext } from '../command.ts';
import { reachInstance } from '../running-instance.ts';
import { formatTable } from '../table.ts';
import { askService } from './ask-service.ts';
import { DATA_OPTIONS, readArguments, readCommandSettings, readWhole } from './read-arguments.ts';

const blockedSchema = z.array(
  z.looseObject({
    source_ip: z.string(),
    rule_name: z.string(),
    severity: z.string(),
    until: z.string(),
    seconds_left: z.number(),
    simulated: z.boolean(),
  }),
);

export async function runBlocked(context: CommandContext): Promise<number> {
  const { values } = readArguments(context.argv, {
    ...DATA_OPTIONS,
    size: { type: 'string', default: '100' },
    unblock: { type: 'string' },
    'close-breaker': { type: 'boolean', default: false },
  });
  const size = readWhole('size', values.size, 1, 1000);
  const settings = await readCommandSettings(context, values);
  const services = await reachInstance(settings, context);
  if (values['close-breaker']) {
    const { closed } = await askService(services.response, '/breaker', {
      method: 'DELETE',
      answer: z.looseObject({ closed: z.array(z.looseObject({ rule_name: z.string() })) }),
    });
    context.write(
      closed.length === 0
        ? 'No rule is held back\n'
        : `May block again: ${closed.map(({ rule_name }) => rule_name).join(', ')}\n`,
    );
    return 0;
  }
  if (values.unblock === 'all') {
    const { unblocked } = await askService(services.response, '/blocked', {
      method: 'DELETE',
      answer: z.looseObject({ unblocked: z.number() }),
    });
    context.write(`${unblocked} blocks were lifted; nothing of ours is left in the firewall\n`);
    return 0;
  }
  if (values.unblock !== undefined) {
    const address = parseIpAddress(values.unblock);
    if (address === undefined)
      throw new UsageError(
        `Option --unblock expects an address or all: current value is "${values.unblock}"`,
      );
    await askService(services.response, `/blocked/${encodeURIComponent(address)}`, {
      method: 'DELETE',
      answer: z.unknown(),
    });
    context.write(`${address} is no longer blocked\n`);
    return 0;
  }
  const blocks = await askService(services.response, `/blocked?size=${size}`, {
    answer: blockedSchema,
  });
  if (values.json) context.write(`${safeJson(blocks, 2)}\n`);
  else if (blocks.length === 0) context.write('Nobody is blocked\n');
  else {
    const rows = blocks.map((block) => [
      block.source_ip,
      `${Math.ceil(block.seconds_left / 60)} min`,
      block.severity,
      block.rule_name,
      block.simulated ? 'simulated' : 'enforced',
    ]);
    context.write(formatTable(['ADDRESS', 'TIME LEFT', 'SEVERITY', 'RULE', 'MODE'], rows));
  }
  return 0;
}
