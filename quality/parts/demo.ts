/** An hour of the demo: every attack is told of, and nobody who works there is accused. */
import { parseSettings } from '@mini-soc/model';
import { createGenerator, type GeneratedEvent } from '@mini-soc/log-generator';
import type { Part } from '../part.ts';
import { replay } from '../replay.ts';
import { share } from '../table.ts';

const START_MS = Date.parse('2026-03-10T08:00:00.000Z');
const HOUR_MS = 3_600_000;
/** An attack that has only begun when the hour ends may be told of later. */
const LAST_START_MS = START_MS + HOUR_MS - 120_000;

export const DEMO: Part = {
  name: 'demo',
  async measure({ rules, seed }) {
    const settings = parseSettings({});
    const generator = await createGenerator({
      seed,
      rate: settings.GENERATOR_RATE,
      mix: settings.GENERATOR_MIX,
      hosts: settings.GENERATOR_HOSTS,
      start: new Date(START_MS),
      showAllFirst: true,
    });
    const events: GeneratedEvent[] = [];
    for (let event = generator.next(); event.atMs < START_MS + HOUR_MS; event = generator.next())
      events.push(event);
    const { alerts } = await replay(
      events.map(({ atMs, file, line }) => ({ arrivalMs: atMs + 100, file, line })),
      rules,
    );
    const told = new Set<number>();
    const wrong: string[] = [];
    for (const { alert, evidence } of alerts) {
      const attacks = evidence.flatMap((index) => events[index]?.attackId ?? []);
      for (const attack of attacks) told.add(attack);
      if (attacks.length === 0) wrong.push(`  wrong: ${alert.details.summary}`);
    }
    const attacks = new Map<number, GeneratedEvent>();
    for (const event of events)
      if (event.attackId !== undefined && !attacks.has(event.attackId))
        attacks.set(event.attackId, event);
    const whole = [...attacks].filter(([, first]) => first.atMs < LAST_START_MS);
    const missed = whole.filter(([id]) => !told.has(id));
    return {
      report: [
        `${events.length} lines; attacks told of: ${share(whole.length - missed.length, whole.length)}; wrong alerts: ${wrong.length}`,
        ...missed.map(([, first]) => `  missed: ${first.scenario}: ${first.line}`).slice(0, 10),
        ...wrong.slice(0, 20),
      ],
      atLeast: {},
      atMost: { missed: missed.length, wrong: wrong.length },
    };
  },
};
