export { alertIdOf, type LanesFor } from './alerts/build-alert.ts';
export { changeAlert, changeAlerts, readPresent, type AlertWrite } from './alerts/change-alert.ts';
export type { AlertChange } from './alerts/store-episodes.ts';
export { riskScoreOf } from './alerts/risk-score.ts';
export { createArrivalReaction, type ArrivalReaction } from './arrivals/react-to-arrivals.ts';
export {
  createArrivalWatch,
  type ArrivalWatchCounts,
  type Observation,
} from './arrivals/watch-arrivals.ts';
export type { Gap, RuleCoverage } from './cycle/coverage.ts';
export { createDueRules, type CycleScope } from './cycle/due-rules.ts';
export {
  createCycle,
  type Cycle,
  type CycleReport,
  type RuleReport,
  type RuleState,
} from './cycle/run-cycle.ts';
export { evaluateRule } from './evaluate/evaluate-rule.ts';
export { thresholdOf } from './evaluate/proof.ts';
export { createPause } from './let-others-run.ts';
export {
  runRuleTest,
  runRuleTests,
  TEST_START_MS,
  type RuleTestResult,
} from './rule-tests/run-rule-test.ts';
