/** What /metrics says of the self-test. */
import { Gauge, type Registry } from '@mini-soc/service-kit';
import { SELF_TEST_STAGES, type SelfTestOutcome } from './self-test-outcome.ts';

/** Registers the series and returns what sets them. */
export function createSelfTestMetrics(registry: Registry): (outcome: SelfTestOutcome) => void {
  const registers = [registry];
  const ok = new Gauge({
    name: 'soc_selftest_ok',
    help: '1 when the last self-test passed every stage, 0 when one did not answer, -1 before the first',
    registers,
  });
  ok.set(-1);
  const seconds = new Gauge({
    name: 'soc_selftest_seconds',
    help: 'Seconds from the writing of the lines until each stage was passed; absent when it was not',
    labelNames: ['stage'],
    registers,
  });
  return (outcome) => {
    ok.set(outcome.broken.length === 0 ? 1 : 0);
    for (const stage of SELF_TEST_STAGES) {
      const passed = outcome.seconds.get(stage);
      if (passed === undefined) seconds.remove({ stage });
      else seconds.set({ stage }, passed);
    }
  };
}
