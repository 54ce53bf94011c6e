/** What /metrics says of response. No label comes from an alert: the number of series is fixed. */
import type { Decision, LimitListener } from '@mini-soc/model';
import { Counter, createLimitCounter, Gauge, Registry } from '@mini-soc/service-kit';
import type { Reconciled } from './blocker.ts';

export interface ResponseMetrics {
  readonly registry: Registry;
  readonly onLimit: LimitListener;
  /** `code` of the refusal, when the outcome is one. */
  readonly observeDecision: (decision: Decision, code: string | undefined) => void;
  readonly observeLifted: (kind: 'unblocked' | 'expired') => void;
  readonly observeLogFailure: () => void;
  readonly observeFirewallFailure: (call: 'block' | 'unblock' | 'reconcile' | 'clear') => void;
  readonly observeRepairs: (done: Reconciled) => void;
}

export function createResponseMetrics(read: {
  readonly activeBlocks: () => number;
  readonly auditPending: () => number;
  readonly damagedEntries: () => number;
  /** 1 when this process acts, 0 when another one does. */
  readonly holds: () => number;
  /** Told of limits besides. */
  readonly onLimit?: LimitListener;
}): ResponseMetrics {
  const registry = new Registry();
  const registers = [registry];
  const onLimit = createLimitCounter(registry, ['response'], read.onLimit);
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `soc_response_${name}`, help, labelNames, registers });
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
  gauge('active_blocks', 'Addresses blocked now', read.activeBlocks);
  gauge('audit_pending', 'Audit documents that wait for the store', read.auditPending);
  gauge('ledger_damaged_entries', 'Damaged entries found at start', read.damagedEntries);
  gauge('holds_lease', '1 when this process acts, 0 when it stands by', read.holds);
  return {
    registry,
    onLimit,
    observeDecision(decision, code) {
      decisions.inc({ outcome: decision.outcome, severity: decision.severity });
      if (code !== undefined) refusals.inc({ reason: code });
      if (code === 'breaker') onLimit('blocks_per_minute');
      if (code === 'full') onLimit('blocks_in_force');
    },
    observeLifted: (how) => lifted.inc({ how }),
    observeLogFailure: () => logFailures.inc(),
    observeFirewallFailure: (call) => firewallFailures.inc({ call }),
    observeRepairs(done) {
      repairs.inc({ what: 'applied' }, done.applied);
      repairs.inc({ what: 'removed' }, done.removed);
      repairs.inc({ what: 'rebuilt' }, done.rebuilt ? 1 : 0);
    },
  };
}
