/** What the alerts of a generated day are worth, held against the truth about its lines. */
import type { Kind, LabelledLine } from '../services/log-generator/src/kinds/index.ts';
import type { ReplayedAlert } from './replay.ts';

/** How one kind of attack was found. */
export interface AttackFigures {
  readonly kind: string;
  readonly sentence: string;
  readonly happened: number;
  readonly found: number;
  /** Of those, the ones that only alerts of severity low tell of. */
  readonly foundLow: number;
  /** From the first line of the attack to the alert, milliseconds: the median of those found. */
  readonly afterMs: number | undefined;
  /** Happenings of which an address would be blocked. */
  readonly blocked: number;
  readonly rules: readonly string[];
}

/** What one kind of life was accused of. */
export interface LifeFigures {
  readonly kind: string;
  readonly sentence: string;
  readonly lines: number;
  readonly falseAlerts: number;
  /** Of those, the ones of severity low. */
  readonly low: number;
  readonly blocked: readonly string[];
  readonly rules: readonly string[];
}

export interface RuleFigures {
  readonly rule: string;
  readonly right: number;
  readonly wrong: number;
}

export interface DayFigures {
  readonly attacks: readonly AttackFigures[];
  readonly life: readonly LifeFigures[];
  readonly rules: readonly RuleFigures[];
}

interface Judged {
  readonly alert: ReplayedAlert;
  /** Of most of its evidence. */
  readonly kind: string;
  readonly happening: number;
  readonly isRight: boolean;
}

export function judgeDay(
  lines: readonly LabelledLine[],
  alerts: readonly ReplayedAlert[],
  kinds: { readonly normal: readonly Kind[]; readonly attacks: readonly Kind[] },
): DayFigures {
  const judged = alerts.map((alert) => judgeAlert(lines, alert));
  const names = [...new Set(judged.map(({ alert }) => alert.alert.rule_name))].toSorted();
  return {
    attacks: kinds.attacks.map((kind) => attackFigures(kind, lines, judged)),
    life: [
      ...kinds.normal,
      { name: 'normal', sentence: 'what happens around attacks without being one' },
    ].map((kind) => lifeFigures(kind, lines, judged)),
    rules: names.map((rule) => {
      const own = judged.filter(({ alert }) => alert.alert.rule_name === rule);
      const right = own.filter(({ isRight }) => isRight).length;
      return { rule, right, wrong: own.length - right };
    }),
  };
}

/** An alert is about the happening that most of its evidence is of; where two have as much, the attack. */
function judgeAlert(lines: readonly LabelledLine[], alert: ReplayedAlert): Judged {
  const votes = new Map<string, { readonly line: LabelledLine; count: number }>();
  for (const index of alert.evidence) {
    const line = lines[index];
    if (line === undefined) continue;
    const key = `${line.scenario} ${line.happening} ${line.isAttack}`;
    const vote = votes.get(key) ?? { line, count: 0 };
    vote.count += 1;
    votes.set(key, vote);
  }
  const [most] = [...votes.values()].toSorted(
    (a, b) => b.count - a.count || Number(b.line.isAttack) - Number(a.line.isAttack),
  );
  return {
    alert,
    kind: most?.line.scenario ?? 'no evidence',
    happening: most?.line.happening ?? 0,
    isRight: most?.line.isAttack ?? false,
  };
}

const CRUCIAL_SLACK_MS = 2000;

/** When the alert told of the happening; undefined when it rests on nothing that is crucial there. */
function toldAt(
  { steps, evidence }: ReplayedAlert,
  lines: readonly LabelledLine[],
  crucial: readonly LabelledLine[],
): number | undefined {
  if (crucial.length === 0) return steps[0].atMs;
  const step = steps.find(({ atMs }) =>
    crucial.some((line) => Math.abs(line.atMs - atMs) < CRUCIAL_SLACK_MS),
  );
  if (step !== undefined) return step.atMs;
  return evidence.some((index) => lines[index]?.isCrucial === true)
    ? Math.max(steps[0].atMs, crucial[0]?.atMs ?? 0)
    : undefined;
}

function attackFigures(
  kind: Pick<Kind, 'name' | 'sentence'>,
  lines: readonly LabelledLine[],
  judged: readonly Judged[],
): AttackFigures {
  const own = lines.filter((line) => line.isAttack && line.scenario === kind.name);
  const happenings = [...new Set(own.map((line) => line.happening))];
  const rules = new Set<string>();
  let blocked = 0;
  let foundLow = 0;
  const delays = happenings.flatMap((number) => {
    const happening = own.filter((line) => line.happening === number);
    const crucial = happening.filter((line) => line.isCrucial);
    const alerts = judged.filter(
      (one) => one.isRight && one.kind === kind.name && one.happening === number,
    );
    for (const { alert } of alerts) rules.add(alert.alert.rule_name);
    if (alerts.some(({ alert }) => alert.blocks)) blocked += 1;
    const telling = alerts.flatMap(({ alert }) => {
      const atMs = toldAt(alert, lines, crucial);
      return atMs === undefined ? [] : [{ atMs, severity: alert.alert.severity }];
    });
    if (telling.length > 0 && telling.every((one) => one.severity === 'low')) foundLow += 1;
    const times = telling.map((one) => one.atMs);
    return times.length === 0 ? [] : [Math.min(...times) - (happening[0]?.atMs ?? 0)];
  });
  const ordered = delays.toSorted((a, b) => a - b);
  return {
    kind: kind.name,
    sentence: kind.sentence,
    happened: happenings.length,
    found: delays.length,
    foundLow,
    afterMs: ordered[Math.floor((ordered.length - 1) / 2)],
    blocked,
    rules: [...rules].toSorted(),
  };
}

function lifeFigures(
  kind: Pick<Kind, 'name' | 'sentence'>,
  lines: readonly LabelledLine[],
  judged: readonly Judged[],
): LifeFigures {
  const wrong = judged.filter((one) => !one.isRight && one.kind === kind.name);
  return {
    kind: kind.name,
    sentence: kind.sentence,
    lines: lines.filter((line) => !line.isAttack && line.scenario === kind.name).length,
    falseAlerts: wrong.length,
    low: wrong.filter(({ alert }) => alert.alert.severity === 'low').length,
    blocked: [
      ...new Set(wrong.flatMap(({ alert }) => (alert.blocks ? [alert.alert.source_ip ?? ''] : []))),
    ],
    rules: [...new Set(wrong.map(({ alert }) => alert.alert.rule_name))].toSorted(),
  };
}
