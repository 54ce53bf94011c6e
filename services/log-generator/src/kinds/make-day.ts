/**
 * A day of labelled lines out of kinds. Each happening has chance, machines and addresses of its own, which
 * follow from its name: adding a kind leaves the lines of the others as they were.
 */
import { isOffHours } from '../generated-event.ts';
import { syslogTime } from '../lines.ts';
import type { Kind, LabelledLine, Scene } from './kind.ts';
import { createRandom, hashText } from './random.ts';

export interface DayOptions {
  readonly seed: number;
  /** Midnight (UTC). */
  readonly startMs: number;
  readonly normal: readonly Kind[];
  readonly attacks: readonly Kind[];
  /** How often each attack happens. */
  readonly attackHappenings: number;
}

const HOUR_MS = 3_600_000;
const FIRST_NAMES = ['ada', 'ben', 'cleo', 'dan', 'eva', 'finn', 'gus', 'hana', 'ivo', 'jana'];

/**
 * Networks of strangers: the documentation ranges (RFC 5737; never 192.0.2.0/24, the self-test's) and the
 * range for tests of networks (RFC 2544).
 */
const NETWORKS = [
  '203.0.113',
  '198.51.100',
  ...Array.from({ length: 512 }, (_, index) => `198.${18 + (index >> 8)}.${index & 255}`),
];

/** Lines in order of time. */
export function makeDay(options: DayOptions): readonly LabelledLine[] {
  const lines: LabelledLine[] = [];
  const takeNetwork = createNetworks();
  const happen = (kind: Kind, happening: number, isAttack: boolean): void => {
    const name = `${options.seed} ${kind.name} ${happening}`;
    kind.happen(createScene({ name, kind, happening, isAttack, ...options, takeNetwork, lines }));
  };
  for (const kind of options.normal) happen(kind, 1, false);
  for (const kind of options.attacks)
    for (let number = 1; number <= options.attackHappenings; number += 1)
      happen(kind, number, true);
  return lines.toSorted((a, b) => a.atMs - b.atMs);
}

/** Hands out a network to each who asks, by the name of the asker. */
function createNetworks(): (name: string) => string {
  const taken = new Set<number>();
  return (name) => {
    let index = hashText(name) % NETWORKS.length;
    while (taken.has(index)) index = (index + 1) % NETWORKS.length;
    taken.add(index);
    if (taken.size === NETWORKS.length)
      throw new RangeError(`More than ${NETWORKS.length - 1} networks of strangers are needed`);
    return NETWORKS[index] as string;
  };
}

interface SceneOptions extends Pick<DayOptions, 'startMs'> {
  readonly name: string;
  readonly kind: Kind;
  readonly happening: number;
  readonly isAttack: boolean;
  readonly takeNetwork: (name: string) => string;
  readonly lines: LabelledLine[];
}

function createScene(options: SceneOptions): Scene {
  const { name, kind, happening, startMs, lines } = options;
  const random = createRandom(name);
  const hash = hashText(name);
  const host = `${kind.name.replaceAll('_', '-').slice(0, 24)}-${happening}`;
  /** Both forms of time are common in syslog: the one of RFC 3164 and that of RFC 3339. */
  const isClassic = random.chance(0.4);
  const inner = `10.${(hash >>> 8) & 255}.${hash & 255}`;
  let isInnocent = !options.isAttack;
  let isCrucial = false;
  let network = { name: '', used: 254, count: 0 };
  let colleagues = 10;
  let users = 0;
  const write = (file: string, atMs: number, line: string): void => {
    lines.push({
      atMs,
      file,
      line,
      scenario: isInnocent && options.isAttack ? 'normal' : kind.name,
      isAttack: !isInnocent,
      isCrucial,
      isOffHours: isOffHours(atMs),
      happening,
    });
  };
  return {
    random,
    startMs,
    host,
    hostAddress: `${inner}.5`,
    stranger() {
      if (network.used >= 254) {
        const count = network.count + 1;
        network = { name: options.takeNetwork(`${name} ${count}`), used: random.int(0, 20), count };
      }
      network.used += 1;
      return `${network.name}.${network.used}`;
    },
    colleague() {
      colleagues += 1;
      return `${inner}.${colleagues}`;
    },
    user() {
      users += 1;
      return `${random.pick(FIRST_NAMES)}${users === 1 ? '' : users}`;
    },
    pid: () => random.int(900, 32_000),
    port: () => random.int(32_768, 60_999),
    at: (hour, minute = 0, second = 0) =>
      startMs + hour * HOUR_MS + minute * 60_000 + second * 1000,
    spread: (count, fromMs, toMs) =>
      Array.from({ length: count }, () => random.int(fromMs, toMs)).toSorted((a, b) => a - b),
    write,
    syslog(entry) {
      const time = isClassic
        ? syslogTime(entry.atMs, 0)
        : new Date(entry.atMs).toISOString().replace('Z', '000+00:00');
      const tag = entry.pid === undefined ? entry.program : `${entry.program}[${entry.pid}]`;
      write(
        entry.file ?? 'auth.log',
        entry.atMs,
        `${time} ${entry.host ?? host} ${tag}: ${entry.message}`,
      );
    },
    innocently(life) {
      const before = isInnocent;
      isInnocent = true;
      life();
      isInnocent = before;
    },
    crucially(moment) {
      isCrucial = true;
      moment();
      isCrucial = false;
    },
  };
}
