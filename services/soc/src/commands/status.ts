/** `soc status`: state of each part of the running instance. */
import { LIMITS, ruleSummarySchema, type RuleSummary, safeJson } from '@mini-soc/model';
import { ServiceCallError, requestJson } from '@mini-soc/service-kit';
import { z } from 'zod';
import type { CommandContext } from '../command.ts';
import { NotRunningError, reachInstance } from '../running-instance.ts';
import { readStoreSize, storeSizeText } from '../pipeline/store-size.ts';
import { SOURCE_PART } from '../pipeline/describe-sensors.ts';
import { safeText } from '../safe-text.ts';
import { formatTable } from '../table.ts';
import { DATA_OPTIONS, readArguments, readCommandSettings } from './read-arguments.ts';

const overviewSchema = z.looseObject({
  parts: z.array(z.looseObject({ name: z.string(), state: z.string() })),
  totals: z.object({ events: z.number(), alerts: z.number(), blocked: z.number() }),
});
/** The console lists no more alerts than these. */
const SHOWN = LIMITS.overview_alerts.value;
const healthSchema = z.looseObject({ status: z.string() });

/** Exit code 0 when every service answers, 1 when one does not. Throws UsageError when none does. */
export async function runStatus(context: CommandContext): Promise<number> {
  const { values } = readArguments(context.argv, DATA_OPTIONS);
  const settings = await readCommandSettings(context, values);
  const services = await reachInstance(settings, context);
  const states = await Promise.all(
    Object.entries(services).map(async ([name, { url, fetch }]) => {
      try {
        const health = await requestJson(`${url}/health`, {
          token: '',
          fetch,
          timeoutMs: 3000,
          answer: healthSchema,
        });
        const facts = Object.entries(health).filter(
          ([key]) => key !== 'status' && key !== 'service',
        );
        return {
          name,
          url,
          ok: true,
          state:
            facts
              .map(
                ([key, value]) =>
                  `${key} ${typeof value === 'string' ? value : (JSON.stringify(value) ?? '')}`,
              )
              .join(', ') || 'ok',
        };
      } catch (error) {
        return {
          name,
          url,
          ok: false,
          state: error instanceof ServiceCallError ? 'does not answer' : String(error),
        };
      }
    }),
  );
  if (states.every((state) => !state.ok))
    throw new NotRunningError(services.detection.url, undefined);
  const { console, detection } = services;
  const overview = await requestJson(`${console.url}/api/overview`, {
    token: console.token,
    fetch: console.fetch,
    timeoutMs: 5000,
    answer: overviewSchema,
  }).catch(() => undefined);
  const rules = await requestJson(`${detection.url}/rules`, {
    token: detection.token,
    fetch: detection.fetch,
    timeoutMs: 3000,
    answer: z.array(ruleSummarySchema),
  }).catch(() => []);
  const size = await readStoreSize(`${detection.url}/metrics`, detection.token, detection.fetch);
  if (values.json)
    context.write(
      `${safeJson({ services: states, parts: overview?.parts ?? null, totals: overview?.totals ?? null, store: size ?? null, rules_not_in_force: rules.flatMap(notInForce) }, 2)}\n`,
    );
  else {
    context.write(
      formatTable(
        ['PART', 'ADDRESS', 'STATE'],
        states.map((state) => [
          state.name,
          state.url,
          `${state.ok ? 'up' : 'DOWN'}: ${state.state}`,
        ]),
        100,
      ),
    );
    if (overview !== undefined) {
      context.write(sourcesText(overview.parts));
      context.write(`\n${totalsText(overview.totals)}\n`);
    }
    if (size !== undefined) context.write(`${storeSizeText(size)}\n`);
    for (const { rule, reason } of rules.flatMap(notInForce))
      context.write(
        `rule ${safeText(rule, { max: 100 })} is not in force: ${safeText(reason, { max: 400 })}\n`,
      );
  }
  return states.every((state) => state.ok) ? 0 : 1;
}

/** Who can write each log, and what that may cause. */
function sourcesText(parts: z.infer<typeof overviewSchema>['parts']): string {
  const lines = parts
    .filter(({ name }) => name.startsWith(SOURCE_PART))
    .map(
      ({ name, state }) => `${safeText(name, { max: 200 })}: ${safeText(state, { max: 400 })}\n`,
    );
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** A file that was left out, or a rule that no event can make fire. */
function notInForce({
  name,
  skipped,
  cannot_fire,
}: RuleSummary): readonly { readonly rule: string; readonly reason: string }[] {
  const reason = skipped ?? cannot_fire;
  return reason === undefined ? [] : [{ rule: name, reason }];
}

function totalsText(totals: z.infer<typeof overviewSchema>['totals']): string {
  const number = (count: number) => count.toLocaleString('en-US');
  const alerts = totals.alerts >= SHOWN ? `${SHOWN} or more` : number(totals.alerts);
  return `${number(totals.events)} events, ${alerts} alerts, ${number(totals.blocked)} addresses blocked`;
}
