import type { Alert } from '@mini-soc/model';
import { buildAlert } from '../src/alerts/build-alert.ts';
import { evaluateRule } from '../src/evaluate/evaluate-rule.ts';
import { COUNT_5, makeEvent, makeRule, START_MS } from './make-rule.ts';
import { twoLanes } from './two-lanes.ts';

/** A new alert of five failures. */
export function makeAlert(changes: Partial<Alert> = {}): Alert {
  const rule = makeRule(COUNT_5);
  const [episode] = evaluateRule(
    rule,
    [0, 1, 2, 3, 4].map((second) => makeEvent(second * 1000)),
  );
  if (episode === undefined) throw new TypeError('No episode');
  const alert = buildAlert({
    rule,
    entity: { source_ip: '198.51.100.7' },
    episode,
    now: new Date(START_MS + 5000),
    latenessMs: 120_000,
    session: undefined,
    lanesFor: twoLanes,
  });
  return { ...alert, ...changes };
}
