/** A day of normal life and of attacks out of the log generator, whose truth is known line by line. */
import {
  ATTACK_KINDS,
  makeDay,
  NORMAL_LIFE,
} from '../../services/log-generator/src/kinds/index.ts';
import { judgeDay, type DayFigures } from '../judge-day.ts';
import type { Figures, Part } from '../part.ts';
import { replay } from '../replay.ts';
import { share, table } from '../table.ts';

/** A Tuesday. */
const START_MS = Date.parse('2026-03-10T00:00:00.000Z');
const HAPPENINGS = 4;
/** A line is read this long after it was written. */
const ON_THE_WAY_MS = 500;

export const GENERATED_DAY: Part = {
  name: 'generated-day',
  async measure({ rules, seed }) {
    const lines = makeDay({
      seed,
      startMs: START_MS,
      normal: NORMAL_LIFE,
      attacks: ATTACK_KINDS,
      attackHappenings: HAPPENINGS,
    });
    const { alerts, understood } = await replay(
      lines.map(({ atMs, file, line }) => ({ arrivalMs: atMs + ON_THE_WAY_MS, file, line })),
      rules,
    );
    const figures = judgeDay(lines, alerts, { normal: NORMAL_LIFE, attacks: ATTACK_KINDS });
    const ordinary = lines.filter((line) => !line.isAttack).length;
    return {
      report: [
        `${lines.length} lines, ${ordinary} of them of ${NORMAL_LIFE.length} kinds of normal life; ${share(understood, lines.length)} became events`,
        ...describe(figures),
      ],
      ...boundsOf(figures),
    };
  },
};

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** Seconds, and minutes where they are many. */
function shown(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}

function describe({ attacks, life, rules }: DayFigures): readonly string[] {
  const accused = life.filter((kind) => kind.falseAlerts > 0);
  return [
    '',
    ...table([
      ['kind of attack', 'told of', 'only low', 'after', 'blocked', 'by'],
      ...attacks.map((kind) => [
        kind.kind,
        `${kind.found} of ${kind.happened}`,
        kind.foundLow === 0 ? '' : String(kind.foundLow),
        kind.afterMs === undefined ? '' : shown(kind.afterMs),
        String(kind.blocked),
        kind.rules.join(', '),
      ]),
    ]),
    '',
    ...table([
      ['life that is accused', 'lines', 'false alerts', 'of them low', 'blocked', 'by'],
      ...accused.map((kind) => [
        kind.kind,
        String(kind.lines),
        String(kind.falseAlerts),
        String(kind.low),
        kind.blocked.slice(0, 3).join(', '),
        kind.rules.join(', '),
      ]),
    ]),
    '',
    ...table([
      ['rule', 'right', 'wrong', 'precision'],
      ...rules.map((rule) => [
        rule.rule,
        String(rule.right),
        String(rule.wrong),
        `${((100 * rule.right) / (rule.right + rule.wrong)).toFixed(1)} %`,
      ]),
    ]),
    '',
    `attacks told of: ${share(
      sum(attacks, (kind) => kind.found),
      sum(attacks, (kind) => kind.happened),
    )}; kinds of which each was: ${share(
      attacks.filter((kind) => kind.found === kind.happened).length,
      attacks.length,
    )}`,
    `false alerts: ${sum(life, (kind) => kind.falseAlerts)}, ${sum(life, (kind) => kind.low)} of them low, by ${accused.length} of ${life.length} kinds of life; innocents that would be blocked: ${sum(life, (kind) => kind.blocked.length)}`,
  ];
}

/** Each kind has its own bound, so that one that gets worse is not hidden by another that gets better. */
function boundsOf({ attacks, life }: DayFigures): Omit<Figures, 'report'> {
  return {
    atLeast: Object.fromEntries(attacks.map((kind) => [kind.kind, kind.found])),
    atMost: Object.fromEntries([
      ...life.map((kind) => [kind.kind, kind.falseAlerts] as const),
      ['innocents blocked', sum(life, (kind) => kind.blocked.length)] as const,
    ]),
  };
}
