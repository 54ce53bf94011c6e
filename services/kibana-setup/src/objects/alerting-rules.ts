/**
 * Kibana's three alerting rules. They watch the alerts, not the events: detection has counted exactly by
 * then, over windows that slide, which a query once a minute cannot. What they add is Kibana's list of
 * alerts and its connectors, which a user adds as actions.
 */
import type { CreateRule } from '../kibana/alerting-rule.ts';
import { uuidIn, type Installation } from './place-names.ts';

export interface AlertingRule {
  readonly id: string;
  readonly body: CreateRule;
}

interface Watched {
  readonly id: string;
  readonly title: string;
  /** Name of our rule. */
  readonly ruleName: string;
  /** Each value of this field is an alert of its own in Kibana. */
  readonly each: string;
}

const WATCHED: readonly Watched[] = [
  {
    id: 'brute-force',
    title: 'SOC: SSH brute force',
    ruleName: 'BruteForceRule',
    each: 'source_ip',
  },
  {
    id: 'suspicious-commands',
    title: 'SOC: suspicious commands',
    ruleName: 'SuspiciousCommandRule',
    each: 'hostname',
  },
  {
    id: 'anomalous-logins',
    title: 'SOC: anomalous logins',
    ruleName: 'AnomalousLoginRule',
    each: 'source_ip',
  },
];

/**
 * Kibana looks every minute at alerts that changed in the last five: one that is late by a few runs is
 * still seen, one that goes on stays active. Alerts a person has closed are left alone.
 */
export function buildAlertingRules({ space, indices }: Installation): readonly AlertingRule[] {
  return WATCHED.map(({ id, title, ruleName, each }) => ({
    id: uuidIn(space, id),
    body: {
      name: title,
      tags: ['mini-soc'],
      rule_type_id: '.es-query',
      consumer: 'stackAlerts',
      enabled: true,
      schedule: { interval: '1m' },
      actions: [],
      params: {
        searchType: 'esQuery',
        index: [indices.alerts],
        timeField: 'updated_at',
        esQuery: JSON.stringify({
          query: {
            bool: {
              filter: [{ term: { rule_name: ruleName } }],
              must_not: [
                { term: { status: 'closed' } },
                { term: { self_test: true } },
                { exists: { field: 'details.merged_into' } },
              ],
            },
          },
        }),
        size: 10,
        timeWindowSize: 5,
        timeWindowUnit: 'm',
        threshold: [0],
        thresholdComparator: '>',
        aggType: 'count',
        groupBy: 'top',
        termField: each,
        termSize: 1000,
        excludeHitsFromPreviousRun: false,
        sourceFields: [],
      },
    },
  }));
}
