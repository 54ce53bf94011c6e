/** What /metrics says of detection. No label comes from an event: the number of series is fixed by the rules. */
import { Counter, Gauge, Histogram, type Registry } from '@mini-soc/service-kit';
import type { CycleReport, ArrivalWatchCounts } from '@mini-soc/detect';

export interface Metrics {
  readonly observeCycle: (report: CycleReport) => void;
  readonly observeFailedCycle: () => void;
}

export function createMetrics(
  registry: Registry,
  read: {
    readonly dispatchPending: () => number;
    readonly streamClients: () => number;
    readonly arrivals: () => ArrivalWatchCounts;
    /** How many rules are in which state. */
    readonly rules: Readonly<Record<string, number>>;
  },
): Metrics {
  const registers = [registry];
  const cycles = new Counter({
    name: 'soc_detection_cycles_total',
    help: 'Detection cycles, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'soc_detection_cycle_seconds',
    help: 'Duration of a detection cycle',
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const candidates = new Counter({
    name: 'soc_detection_candidates_total',
    help: 'Entities that were looked at, by rule',
    labelNames: ['rule'],
    registers,
  });
  const alerts = new Counter({
    name: 'soc_detection_alerts_total',
    help: 'Alerts created and updated, by rule',
    labelNames: ['rule', 'change'],
    registers,
  });
  const failures = new Counter({
    name: 'soc_detection_rule_failures_total',
    help: 'Evaluations that failed, by rule',
    labelNames: ['rule'],
    registers,
  });
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge(
    'soc_detection_dispatch_pending',
    'Alerts that wait for an answer of the response service',
    read.dispatchPending,
  );
  gauge('soc_detection_stream_clients', 'Open event streams', read.streamClients);
  gauge(
    'soc_detection_arrival_entities',
    'Entities whose latest events are held for the first look at arrivals',
    () => read.arrivals().entities,
  );
  gauge(
    'soc_detection_arrival_evictions',
    'Entities let go by the first look because there were too many; cycles still find them',
    () => read.arrivals().evictions,
  );
  const states = new Gauge({
    name: 'soc_detection_rules',
    help: 'Rules by state: enabled, disabled, cannot_fire, or skipped (files that are not in force)',
    labelNames: ['state'],
    registers,
  });
  for (const [state, count] of Object.entries(read.rules)) states.set({ state }, count);
  return {
    observeCycle: (report) => {
      cycles.inc({
        outcome: report.rules.some((rule) => rule.error !== undefined) ? 'partial' : 'done',
      });
      seconds.observe(report.tookMs / 1000);
      for (const rule of report.rules) {
        candidates.inc({ rule: rule.id }, rule.candidates);
        alerts.inc({ rule: rule.id, change: 'created' }, rule.created);
        alerts.inc({ rule: rule.id, change: 'updated' }, rule.updated);
        if (rule.error !== undefined) failures.inc({ rule: rule.id });
      }
    },
    observeFailedCycle: () => cycles.inc({ outcome: 'failed' }),
  };
}
