/**
 * The simulation: normal life at a rate, attacks in between. Pure: the same seed, start and options
 * give the same events, byte for byte.
 */
import { ATTACKS, type GeneratedEvent } from './generated-event.ts';
import { syslogLine } from './lines.ts';
import { createNormalLife } from './normal-life.ts';
import { makeAttack, type Attack, type Draft } from './scenarios.ts';
import { createWorld } from './world.ts';

export interface GeneratorOptions {
  readonly seed: number;
  /** Events of normal life per second. */
  readonly rate: number;
  /** `name:weight,…` over the attack scenarios. */
  readonly mix: string;
  readonly hosts: number;
  readonly start: Date;
  /** Calm between the starts of two attacks, milliseconds: [least, most]. Default 10 to 15 s. */
  readonly calmMs?: readonly [number, number];
  /** One attack of each kind first, in a fixed order, so that a viewer sees all of them soon. */
  readonly showAllFirst?: boolean;
  /** Offset of syslog times, minutes east of UTC. Default 0. */
  readonly zoneOffsetMinutes?: number;
}

export interface Generator {
  /** The next event; times never go back. */
  readonly next: () => GeneratedEvent;
  /** Attacks that have begun, told once each by `next`. */
  readonly takeStarted: () => readonly Attack[];
}

interface Running {
  readonly id: number;
  readonly attack: Attack;
  step: number;
  dueMs: number;
}

/** First attack after this long, then, while all kinds are shown first, one every 7 s. */
const FIRST_MS = 600;
const SHOW_MS = 7000;

/** Weights by scenario. Throws RangeError for an unknown name or when all weights are 0. */
export function parseMix(
  mix: string,
): readonly { readonly value: Attack['scenario']; readonly weight: number }[] {
  const weights = mix.split(',').map((part) => {
    const [name = '', weight = ''] = part.split(':');
    const value = ATTACKS.find((scenario) => scenario === name);
    if (value === undefined)
      throw new RangeError(
        `Expected a scenario (${ATTACKS.join(', ')}): current value is "${name}"`,
      );
    return { value, weight: Number(weight) };
  });
  const possible = weights.filter((entry) => entry.weight > 0);
  if (possible.length === 0)
    throw new RangeError(`Expected at least one weight above 0: current value is "${mix}"`);
  return possible;
}

export async function createGenerator(options: GeneratorOptions): Promise<Generator> {
  const world = await createWorld(options.seed, options.hosts);
  const { faker } = world;
  const weights = parseMix(options.mix);
  const [leastCalm, mostCalm] = options.calmMs ?? [10_000, 15_000];
  const startMs = options.start.getTime();
  const life = createNormalLife(world, startMs);
  const show: Attack['scenario'][] =
    options.showAllFirst === true ? weights.map((entry) => entry.value) : [];
  const running: Running[] = [];
  let started: Attack[] = [];
  let attacks = 0;
  let lifeMs = startMs;
  let attackMs = startMs + FIRST_MS;

  const begin = (): void => {
    const shown = show.shift();
    const attack = makeAttack(shown ?? faker.helpers.weightedArrayElement(weights), world);
    attacks += 1;
    running.push({
      id: attacks,
      attack,
      step: 0,
      dueMs: attackMs + (attack.steps[0]?.afterMs ?? 0),
    });
    started.push(attack);
    attackMs += show.length > 0 ? SHOW_MS : faker.number.int({ min: leastCalm, max: mostCalm });
  };

  const place = (
    draft: Draft,
    atMs: number,
    scenario: GeneratedEvent['scenario'],
    attackId: number | undefined,
  ): GeneratedEvent => {
    const text = typeof draft.message === 'string' ? draft.message : draft.message(atMs);
    const line =
      draft.program === undefined
        ? text
        : syslogLine(
            { atMs, hostname: draft.host },
            draft.program,
            draft.pid,
            text,
            options.zoneOffsetMinutes ?? 0,
          );
    const pid = draft.pid === undefined ? {} : { pid: draft.pid };
    return {
      atMs,
      file: draft.file,
      line,
      fields: { ...draft.fields, hostname: draft.host, ...pid },
      scenario,
      attackId,
    };
  };

  return {
    next() {
      for (;;) {
        const soonest = running.reduce<Running | undefined>(
          (best, one) => (best === undefined || one.dueMs < best.dueMs ? one : best),
          undefined,
        );
        const stepMs = soonest?.dueMs ?? Number.POSITIVE_INFINITY;
        if (attackMs <= lifeMs && attackMs <= stepMs) {
          begin();
          continue;
        }
        if (soonest !== undefined && stepMs <= lifeMs) {
          const step = soonest.attack.steps[soonest.step];
          soonest.step += 1;
          const following = soonest.attack.steps[soonest.step];
          if (following === undefined) running.splice(running.indexOf(soonest), 1);
          else soonest.dueMs += following.afterMs;
          if (step !== undefined)
            return place(step.draft, stepMs, soonest.attack.scenario, soonest.id);
          continue;
        }
        const atMs = lifeMs;
        lifeMs += Math.max(
          1,
          Math.round((1000 / options.rate) * faker.number.float({ min: 0.5, max: 1.5 })),
        );
        return place(life.eventAt(atMs), atMs, 'normal', undefined);
      }
    },
    takeStarted() {
      const told = started;
      started = [];
      return told;
    },
  };
}
