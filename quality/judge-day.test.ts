import { describe, expect, it } from 'vitest';
import { parseRuleFile } from '@mini-soc/sigma';
import { replay } from './replay.ts';
import { judgeDay } from './judge-day.ts';
import { makeDay, type Kind } from '../services/log-generator/src/kinds/index.ts';
import { sshFailure, sshLogin } from '../services/log-generator/src/kinds/logs.ts';

const guessing: Kind = {
  name: 'guessing',
  sentence: 'guesses and gets in',
  happen(scene) {
    const source = scene.stranger();
    scene.innocently(() => sshLogin(scene, scene.at(1), { user: 'eva', source: '10.0.0.9' }));
    for (let time = 0; time < 20; time += 1)
      sshFailure(scene, scene.at(2) + time * 2000, { user: 'eva', source });
    scene.crucially(() => sshLogin(scene, scene.at(2, 1), { user: 'eva', source }, 'password'));
  },
};
/** Five failures block; a success after three is a ticket. Not the product's rules: those may change. */
const RULES = parseRuleFile(
  `
title: failures
name: failure
detection: { all: { action: ssh_login, status: failure }, condition: all }
---
title: three failures
name: three_failures
correlation:
  type: event_count
  rules: [failure]
  group-by: [source_ip]
  timespan: 5m
  condition: { gte: 3 }
---
title: success
name: success
detection: { all: { action: ssh_login, status: success }, condition: all }
---
title: EntryRule
name: entry
level: high
correlation:
  type: temporal_ordered
  rules: [three_failures, success]
  group-by: [source_ip]
  timespan: 5m
`,
  'entry.yml',
).concat(
  parseRuleFile(
    `
title: failures
name: failure
detection: { all: { action: ssh_login, status: failure }, condition: all }
---
title: GuessingRule
name: guessing
level: medium
correlation:
  type: event_count
  rules: [failure]
  group-by: [source_ip]
  timespan: 60s
  condition: { gte: 5 }
mini-soc: { response: block }
`,
    'guessing.yml',
  ),
);

const silence: Kind = {
  name: 'silence',
  sentence: 'one wrong password and nothing else',
  happen: (scene) => sshFailure(scene, scene.at(3), { user: 'eva', source: scene.stranger() }),
};

/** The same lines once as an attack and once as normal life. */
async function judged(kinds: {
  readonly normal: readonly Kind[];
  readonly attacks: readonly Kind[];
}) {
  const lines = makeDay({
    seed: 1,
    startMs: Date.parse('2026-03-10T00:00:00.000Z'),
    attackHappenings: 2,
    ...kinds,
  });
  const { alerts, understood } = await replay(
    lines.map(({ atMs, file, line }) => ({ arrivalMs: atMs, file, line })),
    RULES,
  );
  expect(understood).toBe(lines.length);
  return judgeDay(lines, alerts, kinds);
}

describe('judgeDay()', () => {
  it('counts happenings that were told of, after which time, and who would be blocked', async () => {
    const { attacks, life } = await judged({ normal: [], attacks: [guessing, silence] });
    expect(attacks).toMatchObject([
      { kind: 'guessing', happened: 2, found: 2, blocked: 2 },
      { kind: 'silence', happened: 2, found: 0, blocked: 0, afterMs: undefined },
    ]);
    // Guessing alone is told of within seconds; the way in, which is what matters here, after a minute.
    expect(attacks[0]?.afterMs).toBeGreaterThan(55_000);
    expect(attacks[0]?.afterMs).toBeLessThan(65_000);
    expect(life.every((kind) => kind.falseAlerts === 0)).toBe(true);
  });

  it('counts the same alerts as false where the lines are normal life', async () => {
    const { attacks, life, rules } = await judged({ normal: [guessing], attacks: [] });
    expect(attacks).toEqual([]);
    expect(life[0]).toMatchObject({ kind: 'guessing', falseAlerts: 2 });
    expect(life[0]?.blocked).toHaveLength(1);
    expect(rules).toEqual([
      { rule: 'EntryRule', right: 0, wrong: 1 },
      { rule: 'GuessingRule', right: 0, wrong: 1 },
    ]);
  });
});
