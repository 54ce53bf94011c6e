/** What /metrics says of response. No label comes from an alert: the number of series is fixed. */
import { LIMITS, type Decision, type LimitListener } from '@mini-soc/model';
import { Counter, createLimitCounter, Gauge, Registry } from '@mini-soc/service-kit';
import type { Reconciled } from './enforce/blocker.ts';
import type { Verdict } from './decide/decide.ts';

export interface ResponseMetrics {
  readonly registry: Registry;
  readonly onLimit: LimitListener;
  /** What is deferred is counted each time, but as a refusal and for its limit once an alert. */
  readonly observeDecision: (decision: Decision, verdict: Verdict) => void;
  readonly observeLifted: (kind: 'unblocked' | 'expired', blocks: number) => void;
  /** Alerts the log could not take. */
  readonly observeLogFailure: (alerts: number) => void;
  readonly observeFirewallFailure: (call: 'block' | 'unblock' | 'reconcile' | 'clear') => void;
  readonly observeRepairs: (done: Reconciled) => void;
}

/** An enforcement point, in the path of the answer or remote. */
export interface PointHealth {
  readonly name: string;
  readonly ok: boolean;
  /** Addresses it has to be told of. */
  readonly behind: number;
}

/** Of more, the oldest are counted again. */
const MAX_DEFERRED = LIMITS.answers_remembered.value;

export function createResponseMetrics(read: {
  readonly activeBlocks: () => number;
  readonly auditPending: () => number;
  readonly damagedEntries: () => number;
  /** 1 when this process acts, 0 when another one does. */
  readonly holds: () => number;
  /** Rules that block nobody at present. */
  readonly heldBack: () => number;
  /** Where blocks are really enforced by this process. */
  readonly points: () => readonly PointHealth[];
  /** Told of limits besides. */
  readonly onLimit: LimitListener;
}): ResponseMetrics {
  const registry = new Registry();
  const registers = [registry];
  const onLimit = createLimitCounter(registry, ['response'], read.onLimit);
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `soc_response_${name}`, help, labelNames, registers });
  /** Decisions that were deferred and not answered yet. */
  const deferred = new Set<string>();
  const decisions = counter('decisions_total', 'Alerts answered, by outcome', [
    'outcome',
    'severity',
  ]);
  const refusals = counter('refusals_total', 'Blocks that were not allowed, by reason', ['reason']);
  const lifted = counter('blocks_lifted_total', 'Blocks that ended, by how', ['how']);
  const logFailures = counter('alert_log_failures_total', 'Alerts the log could not take', []);
  const firewallFailures = counter('firewall_failures_total', 'Calls the firewall refused', [
    'call',
  ]);
  const repairs = counter(
    'firewall_repairs_total',
    'What the firewall had otherwise than the ledger: blocks applied again, foreign or ended ones removed, our table rebuilt',
    ['what'],
  );
  for (const call of ['block', 'unblock', 'reconcile', 'clear'] as const)
    firewallFailures.inc({ call }, 0);
  for (const what of ['applied', 'removed', 'rebuilt'] as const) repairs.inc({ what }, 0);
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name: `soc_response_${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  const pointGauge = (name: string, help: string, value: (point: PointHealth) => number): Gauge =>
    new Gauge({
      name: `soc_response_point_${name}`,
      help,
      labelNames: ['point'],
      registers,
      collect() {
        this.reset();
        for (const point of read.points()) this.set({ point: point.name }, value(point));
      },
    });
  pointGauge(
    'ok',
    '1 when the enforcement point has all blocks, 0 when it does not obey',
    (point) => (point.ok ? 1 : 0),
  );
  pointGauge('behind', 'Addresses the enforcement point has to be told of', (one) => one.behind);
  gauge('active_blocks', 'Addresses blocked now', read.activeBlocks);
  gauge('audit_pending', 'Audit documents that wait for the store', read.auditPending);
  gauge('ledger_damaged_entries', 'Damaged entries found at start', read.damagedEntries);
  gauge('rules_held_back', 'Rules whose breaker is open: they block nobody', read.heldBack);
  gauge('holds_lease', '1 when this process acts, 0 when it stands by', read.holds);
  return {
    registry,
    onLimit,
    observeDecision(decision, verdict) {
      decisions.inc({ outcome: decision.outcome, severity: decision.severity });
      if (verdict.outcome === 'refused') refusals.inc({ reason: verdict.code });
      if (verdict.outcome !== 'deferred') {
        deferred.delete(decision.decision_id);
        return;
      }
      if (deferred.has(decision.decision_id)) return;
      if (deferred.size >= MAX_DEFERRED) deferred.delete(deferred.keys().next().value as string);
      deferred.add(decision.decision_id);
      refusals.inc({ reason: verdict.code });
      if (verdict.code === 'breaker') onLimit('blocks_per_minute');
      if (verdict.code === 'full') onLimit('blocks_in_force');
    },
    observeLifted: (how, blocks) => lifted.inc({ how }, blocks),
    observeLogFailure: (alerts) => logFailures.inc(alerts),
    observeFirewallFailure: (call) => firewallFailures.inc({ call }),
    observeRepairs(done) {
      repairs.inc({ what: 'applied' }, done.applied);
      repairs.inc({ what: 'removed' }, done.removed);
      repairs.inc({ what: 'rebuilt' }, done.rebuilt ? 1 : 0);
    },
  };
}
