/**
 * Alerts the product raises about itself: a limit that cut something, a stage that does not answer.
 * They take the same way as any other alert — store, outbox, stream, console, terminal — but response and
 * enricher want none of them, and their ids repeat within the hour: one alert, brought up to date.
 */
import { waitsFor, withWaiting, type Alert, type Severity } from '@mini-soc/model';
import type { Entity } from '@mini-soc/query';
import { withTimeLimit, type Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { alertIdOf, changeAlert, riskScoreOf, type LanesFor } from '@mini-soc/detect';

export interface ProductFinding {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly entity: Entity;
  readonly severity: Severity;
  /** What happened, what to do: plain sentences. */
  readonly summary: string;
  /** How often within the hour, at least 1. */
  readonly times: number;
  /** When it was, in an hour that is over; absent means now. */
  readonly at?: Date;
}

export interface ProductAlerts {
  /**
   * Creates the alert of this hour or brings it up to date. Where the store does not take it, it is
   * told all the same. Never rejects.
   */
  readonly raise: (finding: ProductFinding) => Promise<void>;
  /**
   * Closes what this process raised for the rule: it is well again. The first time, what an earlier
   * process left open is closed too. Never rejects.
   */
  readonly close: (ruleId: string) => Promise<void>;
}

export interface ProductAlertOptions {
  readonly store: Store;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly lanesFor: LanesFor;
  readonly onAlert: (alert: Alert) => void;
  /** The alert is in the store as well, and may wait for lanes of the outbox. */
  readonly onStored: (alert: Alert) => void;
  /** A store that has not answered by then is not waited for. Default 5000. */
  readonly patienceMs?: number;
}

const HOUR_MS = 3_600_000;
const PATIENCE_MS = 5000;
/** Alerts of this process that may have to be closed; one for each rule, entity and hour. */
const MAX_OPEN = 100;

/** Start of the hour in which an alert about the product is the same alert. */
export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

export function createProductAlerts(options: ProductAlertOptions): ProductAlerts {
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  const open = new Map<string, Alert>();
  const lookedFor = new Set<string>();
  const store = async (alert: Alert): Promise<Alert | undefined> => {
    const [outcome] = await options.store.createAlerts([alert]);
    if (outcome === 'created') return alert;
    const [present] = await options.store.readAlerts([alert.alert_id]);
    if (present === undefined) return alert;
    return changeAlert(options.store, present, (before) =>
      broughtUpToDate(before, alert, options.lanesFor),
    );
  };
  return {
    raise: async (finding) => {
      const built = buildProductAlert(finding, finding.at ?? options.now());
      const alert = withWaiting(built, options.lanesFor(built));
      let told: Alert | undefined = alert;
      try {
        told = await withTimeLimit(
          store(alert),
          patienceMs,
          `The store did not answer within ${patienceMs} ms`,
        );
        if (told !== undefined) options.onStored(told);
      } catch (err) {
        options.logger.error({ err, rule: finding.ruleId }, 'A product alert could not be stored');
      }
      open.set(alert.alert_id, alert);
      if (open.size > MAX_OPEN) open.delete(open.keys().next().value as string);
      if (told !== undefined) options.onAlert(told);
    },
    close: async (ruleId) => {
      const mine = [...open.values()].filter((alert) => alert.rule_id === ruleId);
      for (const { alert_id } of mine) open.delete(alert_id);
      try {
        const left = lookedFor.has(ruleId)
          ? []
          : await options.store.searchAlerts({ ruleId, status: 'open', size: MAX_OPEN });
        lookedFor.add(ruleId);
        const ids = new Set([...mine, ...left.map((one) => one.alert)].map((one) => one.alert_id));
        for (const present of await options.store.readAlerts([...ids])) {
          const closed = await changeAlert(options.store, present, (alert) =>
            alert.status === 'closed'
              ? undefined
              : { ...alert, status: 'closed', updated_at: options.now().toISOString() },
          );
          if (closed !== undefined) options.onAlert(closed);
        }
      } catch (err) {
        options.logger.warn({ err, rule: ruleId }, 'A product alert could not be closed');
      }
    },
  };
}

/** Response has nothing to decide and the enricher nothing to add: it waits for neither. */
export function buildProductAlert(finding: ProductFinding, now: Date): Alert {
  const startMs = hourOf(now.getTime());
  const nowText = now.toISOString();
  return {
    '@timestamp': nowText,
    alert_id: alertIdOf(finding.ruleId, finding.entity, startMs),
    rule_id: finding.ruleId,
    rule_name: finding.ruleName,
    entity: finding.entity,
    severity: finding.severity,
    risk_score: riskScoreOf({
      severity: finding.severity,
      eventCount: 1,
      threshold: 1,
      breadth: 1,
      followers: 0,
    }),
    event_count: finding.times,
    first_seen: nowText,
    last_seen: nowText,
    updated_at: nowText,
    status: 'open',
    late: false,
    about_product: true,
    enriched: true,
    response: { state: 'done', action: 'ignore', reason: 'A message of mini-SOC about itself' },
    details: {
      summary: finding.summary,
      window_seconds: HOUR_MS / 1000,
      threshold: 1,
      peak_count: finding.times,
      evidence: [],
      history: [],
      rule_tags: [],
      spoofable: false,
      allowed_action: 'ignore',
    },
  };
}

/** Counts never fall; an alert of this hour that was closed is open again. */
function broughtUpToDate(before: Alert, fresh: Alert, lanesFor: LanesFor): Alert {
  const times = Math.max(before.event_count, fresh.event_count);
  const changed: Alert = {
    ...fresh,
    '@timestamp': before['@timestamp'],
    first_seen: before.first_seen,
    event_count: times,
    details: { ...fresh.details, peak_count: times },
  };
  return withWaiting(changed, [...waitsFor(before), ...lanesFor(changed, before)]);
}
