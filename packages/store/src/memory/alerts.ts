/** Alerts that a search wants, newest first. */
import { entityKey } from '@mini-soc/query';
import type { AlertSearch, VersionedAlert } from '../store.ts';

export function findAlerts<Held extends Pick<VersionedAlert, 'alert'>>(
  alerts: Iterable<Held>,
  search: AlertSearch,
): readonly Held[] {
  const wanted =
    search.entities === undefined ? undefined : new Set(search.entities.map(entityKey));
  return [...alerts]
    .filter(
      ({ alert }) =>
        (search.ruleName === undefined || alert.rule_name === search.ruleName) &&
        (search.ruleId === undefined || alert.rule_id === search.ruleId) &&
        alert.rule_id !== search.exceptRuleId &&
        (wanted === undefined || wanted.has(entityKey(alert.entity))) &&
        (search.status === undefined || alert.status === search.status) &&
        (search.responseState === undefined || alert.response.state === search.responseState) &&
        (search.enriched === undefined || alert.enriched === search.enriched) &&
        (search.selfTest === undefined || (alert.self_test === true) === search.selfTest) &&
        (search.touching === undefined ||
          (Date.parse(alert.first_seen) < search.touching.toMs &&
            Date.parse(alert.last_seen) >= search.touching.fromMs)),
    )
    .toSorted(
      (a, b) =>
        Date.parse(b.alert['@timestamp']) - Date.parse(a.alert['@timestamp']) ||
        (a.alert.alert_id < b.alert.alert_id ? -1 : 1),
    )
    .slice(0, search.size);
}
