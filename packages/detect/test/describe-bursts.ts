/** Bursts at the edge of the window and bursts of thousands at once: what every store must find. */
import type { SocEvent } from '@mini-soc/model';
import type { Store } from '@mini-soc/store';
import { afterEach, describe, expect, it } from 'vitest';
import { COUNT_5, makeEvent, makeRule, START_MS } from './make-rule.ts';
import { runCycle, startReplica, type Replica } from './replay-streams.ts';

const RULE = makeRule(COUNT_5);
/** Less than a window apart, first and last, though never in one minute of the clock. */
const WITHIN_S = [0, 14.9, 29.8, 44.7, 59.6];
const SPREAD_S = [0, 15, 30, 45, 60.1];
/** First and last exactly a window apart: the window is half-open. */
const EXACTLY_S = [0, 15, 30, 45, 60];
/** Bound of a test with thousands of sources; not a measurement. */
const CROWD_MS = 120_000;
const ARRIVED_MS = START_MS + 70_000;

function failures(seconds: readonly number[], sourceIp: string): readonly SocEvent[] {
  return seconds.map((second) => makeEvent(second * 1000, { source_ip: sourceIp }));
}

async function readBursts(store: Store): Promise<readonly unknown[]> {
  const found = await store.searchAlerts({ size: 20_000 });
  return found.map(({ alert }) => [
    alert.source_ip,
    Date.parse(alert.first_seen) - START_MS,
    Date.parse(alert.last_seen) - START_MS,
    alert.event_count,
  ]);
}

/** Events one by one: seen by the first look, by a cycle after each, or by both. */
const WAYS: readonly [
  name: string,
  take: (store: Store, replica: Replica, event: SocEvent) => Promise<void>,
][] = [
  [
    'by cycles',
    async (store, { cycle }, event) => {
      await store.appendEvents([event]);
      await runCycle(cycle);
    },
  ],
  ['by the first look alone', async (_, { reaction }, event) => reaction.observe([event])],
  [
    'by the first look and by cycles',
    async (store, { cycle, reaction }, event) => {
      await reaction.observe([event]);
      await store.appendEvents([event]);
      await runCycle(cycle);
    },
  ],
];

/** Tests of one store; `crowds` are numbers of sources that attack at once. */
export function describeBursts(
  name: string,
  open: () => Promise<Store>,
  crowds: readonly number[],
): void {
  describe(`bursts on ${name}`, () => {
    const opened: Store[] = [];
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    const begin = async (): Promise<{ store: Store; replica: Replica }> => {
      const store = await open();
      opened.push(store);
      return { store, replica: await startReplica(store, [RULE], () => new Date(ARRIVED_MS)) };
    };

    it.each(WAYS)(
      'five failures in 59.6 s are one alert, over 60 s and more none: %s',
      async (_, take) => {
        const { store, replica } = await begin();
        const events = [
          ...failures(WITHIN_S, '198.51.100.7'),
          ...failures(SPREAD_S, '203.0.113.9'),
          ...failures(EXACTLY_S, '203.0.113.10'),
        ].toSorted((a, b) => (a['@timestamp'] < b['@timestamp'] ? -1 : 1));
        for (const event of events) await take(store, replica, event);
        expect(await readBursts(store)).toEqual([['198.51.100.7', 0, 59_600, 5]]);
      },
    );

    it('the same whatever order they arrive in', async () => {
      const { store, replica } = await begin();
      const orders = [
        [4, 3, 2, 1, 0],
        [2, 0, 4, 1, 3],
        [1, 2, 3, 4, 0],
        [0, 4, 1, 3, 2],
      ];
      for (const [at, order] of orders.entries())
        for (const [seconds, source] of [
          [WITHIN_S, `198.51.100.${at}`],
          [SPREAD_S, `203.0.113.${at}`],
        ] as const)
          for (const index of order) {
            const event = failures([seconds[index] ?? 0], source);
            await replica.reaction.observe(event);
            await store.appendEvents(event);
            await runCycle(replica.cycle);
          }
      const found = await readBursts(store);
      expect(found).toHaveLength(orders.length);
      expect(new Set(found)).toEqual(
        new Set(orders.map((_, at) => [`198.51.100.${at}`, 0, 59_600, 5])),
      );
    });

    it.each(crowds)(
      '%i sources with five failures each all alert',
      async (sources) => {
        const { store, replica } = await begin();
        const addressOf = (source: number): string => `2001:db8::${source.toString(16)}`;
        for (const second of WITHIN_S)
          for (let from = 0; from < sources; from += 2000)
            await store.appendEvents(
              Array.from({ length: Math.min(2000, sources - from) }, (_, index) =>
                makeEvent(second * 1000, { source_ip: addressOf(from + index) }),
              ),
            );
        await runCycle(replica.cycle);
        const found = await readBursts(store);
        expect(found).toHaveLength(sources);
        expect(new Set(found.map((burst) => JSON.stringify(burst)))).toEqual(
          new Set(
            Array.from({ length: sources }, (_, source) =>
              JSON.stringify([addressOf(source), 0, 59_600, 5]),
            ),
          ),
        );
      },
      CROWD_MS,
    );
  });
}
