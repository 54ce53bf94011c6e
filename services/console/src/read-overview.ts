/** Everything the page shows, read from the services and the store; a part that is away is said so. */
import { alertSchema, LIMITS, serviceNamed } from '@mini-soc/model';
import { requestJson, type Fetch } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';

/** The services it shows, in the order in which it shows them. */
const SHOWN = serviceNamed('console').calls;

export type ServiceUrls = Readonly<Record<(typeof SHOWN)[number], string>>;

/** What the console shows to each of them. */
export type ServiceTokens = ServiceUrls;

export interface OverviewOptions {
  readonly urls: ServiceUrls;
  readonly tokens: ServiceTokens;
  readonly store: Pick<Store, 'name' | 'countEvents' | 'countEventsOverTime'>;
  /** Parts that only the host of this service knows, such as sensors. */
  readonly parts?: () => Readonly<Record<string, string>>;
  readonly now: () => Date;
  /** Another transport than the network. */
  readonly fetch?: Fetch;
}

export const blockViewSchema = z.looseObject({
  source_ip: z.string(),
  rule_name: z.string(),
  severity: z.string(),
  reason: z.string().optional(),
  since: z.string(),
  until: z.string(),
  simulated: z.boolean(),
});

export interface Part {
  readonly name: string;
  readonly ok: boolean;
  /** In plain words. */
  readonly state: string;
}

export interface Overview {
  readonly parts: readonly Part[];
  /** Events of the last 15 minutes, a number for each half minute, oldest first. */
  readonly rate: { readonly bucketSeconds: number; readonly counts: readonly number[] };
  readonly totals: { readonly events: number; readonly alerts: number; readonly blocked: number };
  readonly alerts: readonly z.infer<typeof alertSchema>[];
  readonly blocks: readonly z.infer<typeof blockViewSchema>[];
}

const TIMEOUT_MS = 3000;
const ALERTS = LIMITS.overview_alerts.value;
const BLOCKS = LIMITS.overview_blocks.value;
/** Parts of detection that have a line of their own. */
const OWN_LINE = ['coverage', 'limits', 'self-test'];
const BUCKET_SECONDS = 30;
const BUCKETS = 30;
const readySchema = z.looseObject({
  ready: z.boolean(),
  parts: z.record(z.string(), z.string()),
  degraded: z.array(z.string()).optional(),
});

/** Never throws for a service that is away: its part says so and its lists are empty. */
export async function readOverview(options: OverviewOptions): Promise<Overview> {
  const { urls, tokens } = options;
  const get = <Schema extends z.ZodType>(name: keyof ServiceUrls, path: string, answer: Schema) =>
    requestJson(`${urls[name]}${path}`, {
      token: tokens[name],
      timeoutMs: TIMEOUT_MS,
      answer,
      fetch: options.fetch,
    });
  const nowMs = options.now().getTime();
  const endMs = Math.ceil(nowMs / (BUCKET_SECONDS * 1000)) * BUCKET_SECONDS * 1000;
  const range = { fromMs: endMs - BUCKETS * BUCKET_SECONDS * 1000, toMs: endMs };
  const [services, alerts, blocks, events, buckets] = await Promise.all([
    Promise.all(SHOWN.map((name) => readPart(name, urls[name], options))),
    get('detection', `/alerts?size=${ALERTS}`, z.array(alertSchema)).catch(() => []),
    get('response', `/blocked?size=${BLOCKS}`, z.array(blockViewSchema)).catch(() => []),
    options.store.countEvents().catch(() => undefined),
    options.store.countEventsOverTime(range, BUCKET_SECONDS * 1000).catch(() => []),
  ]);
  const storePart: Part =
    events === undefined
      ? { name: 'store', ok: false, state: 'Does not answer' }
      : {
          name: 'store',
          ok: true,
          state: `${events.toLocaleString('en-US')} events in ${options.store.name}`,
        };
  const others = Object.entries(options.parts?.() ?? {}).map(([name, state]): Part => ({
    name,
    ok: true,
    state,
  }));
  return {
    parts: [...others, storePart, ...services.flat()],
    rate: { bucketSeconds: BUCKET_SECONDS, counts: buckets.map((bucket) => bucket.count) },
    totals: { events: events ?? 0, alerts: alerts.length, blocked: blocks.length },
    alerts,
    // The page counts down by itself: a number that changes each second would be sent each second.
    blocks: blocks.map(({ seconds_left: _left, ...block }) => block),
  };
}

/** The service itself, then those of its parts that have a line of their own. */
async function readPart(
  name: keyof ServiceUrls,
  url: string,
  options: OverviewOptions,
): Promise<readonly Part[]> {
  try {
    const state = await requestJson(`${url}/ready`, {
      token: options.tokens[name],
      fetch: options.fetch,
      timeoutMs: TIMEOUT_MS,
      answer: readySchema,
    });
    const parts = Object.entries(state.parts);
    const sentences = parts
      .filter(([part]) => !OWN_LINE.includes(part))
      .map(([part, text]) => (text === 'ok' ? `${part} ok` : text));
    return [
      { name, ok: state.ready, state: sentences.join(' · ') || 'Ready' },
      ...parts
        .filter(([part]) => OWN_LINE.includes(part))
        .map(([part, text]) => ({
          name: part,
          ok: state.degraded?.includes(part) !== true,
          state: text.charAt(0).toUpperCase() + text.slice(1),
        })),
    ];
  } catch {
    return [{ name, ok: false, state: 'Does not answer' }];
  }
}
