/** The list "Latest alerts": documents as they are, newest first. */
import { SEARCH_INDEX, type SavedSearch } from '../kibana/saved-search.ts';
import { REAL_ALERTS } from './charts.ts';
import { idIn } from './place-names.ts';

export function buildLatestAlerts(space: string): SavedSearch {
  return {
    type: 'search',
    id: idIn(space, 'soc-latest-alerts'),
    attributes: {
      title: 'Latest alerts',
      description: 'The newest alerts first; open a row to see its evidence.',
      columns: [
        'severity',
        'rule_name',
        'source_ip',
        'username',
        'hostname',
        'event_count',
        'risk_score',
        'mitre_techniques',
        'status',
      ],
      sort: [['@timestamp', 'desc']],
      grid: { columns: { severity: { width: 90 }, rule_name: { width: 220 } } },
      hideChart: true,
      isTextBasedQuery: false,
      rowsPerPage: 25,
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({
          query: { query: REAL_ALERTS, language: 'kuery' },
          filter: [],
          indexRefName: SEARCH_INDEX,
        }),
      },
    },
    references: [{ type: 'index-pattern', id: idIn(space, 'soc-alerts'), name: SEARCH_INDEX }],
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: '8.0.0',
    managed: false,
  };
}
