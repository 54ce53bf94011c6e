/** The charts of the SOC Overview. Each asks one question of one data view. */
import type { LensObject } from '../kibana/lens.ts';
import type { DataViewName } from './data-views.ts';
import { bigNumber, ringChart, table, xyChart } from './lens-chart.ts';
import { count, groupsOf, latest, overTime, sum, uniqueCount } from './lens-columns.ts';
import { idIn } from './place-names.ts';
import { CALM_COLOR, SEVERITY_COLORS, severityColors } from './severity-colors.ts';

/** Without what the product writes to try its own stages, and without alerts that another took in. */
export const REAL_ALERTS = 'not self_test : true and not details.merged_into : *';
const REAL_EVENTS = 'not flags : "self_test"';
const BLOCKS = 'kind : ("blocked" or "extended")';

export const CHART_NAMES = [
  'open-alerts',
  'blocked-count',
  'dead-letter-count',
  'alerts-over-time',
  'severity',
  'event-rate',
  'rules',
  'top-source-addresses',
  'techniques',
  'blocked-addresses',
] as const;
export type ChartName = (typeof CHART_NAMES)[number];

const bySeverity = (orderBy: string) => groupsOf('Severity', 'severity', 4, { column: orderBy });

/** By name, without ids of any space. */
function draw(space: string): Readonly<Record<ChartName, LensObject>> {
  const chart = (name: ChartName, view: DataViewName) => ({
    id: idIn(space, `soc-${name}`),
    dataViewId: idIn(space, view),
  });
  return {
    'open-alerts': bigNumber(
      {
        ...chart('open-alerts', 'soc-alerts'),
        title: 'Open alerts',
        description: 'Alerts of the chosen time that nobody has acknowledged or closed.',
        query: `${REAL_ALERTS} and status : "open"`,
        columns: { alerts: count('Open alerts') },
      },
      { metric: 'alerts', subtitle: 'not yet acknowledged', color: SEVERITY_COLORS.high },
    ),
    'blocked-count': bigNumber(
      {
        ...chart('blocked-count', 'soc-blocked-ips'),
        title: 'Addresses blocked',
        description: 'Different addresses that were blocked in the chosen time.',
        query: BLOCKS,
        columns: { addresses: uniqueCount('Addresses blocked', 'source_ip') },
      },
      { metric: 'addresses', subtitle: 'different addresses', color: CALM_COLOR },
    ),
    'dead-letter-count': bigNumber(
      {
        ...chart('dead-letter-count', 'soc-dead-letters'),
        title: 'Events refused by the store',
        description:
          'Lines that could not be stored as events; the dead letters keep them with the reason.',
        query: '',
        columns: { letters: count('Events refused') },
      },
      { metric: 'letters', subtitle: 'should be 0', color: CALM_COLOR },
    ),
    'alerts-over-time': xyChart(
      {
        ...chart('alerts-over-time', 'soc-alerts'),
        title: 'Alerts over time',
        description: 'New alerts by the time they were created, coloured by severity.',
        query: REAL_ALERTS,
        columns: {
          severity: bySeverity('alerts'),
          time: overTime('Created'),
          alerts: count('Alerts'),
        },
      },
      {
        series: 'bar_stacked',
        x: 'time',
        y: 'alerts',
        splitBy: 'severity',
        colors: severityColors(),
      },
    ),
    severity: ringChart(
      {
        ...chart('severity', 'soc-alerts'),
        title: 'Alerts by severity',
        description: 'How the alerts divide into low, medium, high and critical.',
        query: REAL_ALERTS,
        columns: { severity: bySeverity('alerts'), alerts: count('Alerts') },
      },
      { group: 'severity', metric: 'alerts', colors: severityColors() },
    ),
    'event-rate': xyChart(
      {
        ...chart('event-rate', 'soc-logs'),
        title: 'Event rate',
        description:
          'Events a second by kind of log. A line that falls to zero is a source that fell silent.',
        query: REAL_EVENTS,
        columns: {
          kind: groupsOf('Kind of log', 'log_type', 8, { column: 'events' }),
          time: overTime('Time of the event'),
          events: count('Events per second', 's'),
        },
      },
      { series: 'line', x: 'time', y: 'events', splitBy: 'kind' },
    ),
    rules: xyChart(
      {
        ...chart('rules', 'soc-alerts'),
        title: 'Alerts by rule',
        description: 'Which rules fired most often, coloured by severity.',
        query: REAL_ALERTS,
        columns: {
          rule: groupsOf('Rule', 'rule_name', 12, { column: 'alerts' }),
          severity: bySeverity('alerts'),
          alerts: count('Alerts'),
        },
      },
      {
        series: 'bar_horizontal_stacked',
        x: 'rule',
        y: 'alerts',
        splitBy: 'severity',
        colors: severityColors(),
      },
    ),
    'top-source-addresses': xyChart(
      {
        ...chart('top-source-addresses', 'soc-alerts'),
        title: 'Top source addresses',
        description: 'Addresses by the number of events behind their alerts.',
        query: REAL_ALERTS,
        columns: {
          address: groupsOf('Source address', 'source_ip', 10, { column: 'events' }, 'ip'),
          events: sum('Events behind alerts', 'event_count'),
        },
      },
      { series: 'bar_horizontal', x: 'address', y: 'events', color: SEVERITY_COLORS.high },
    ),
    techniques: xyChart(
      {
        ...chart('techniques', 'soc-alerts'),
        title: 'ATT&CK techniques',
        description:
          'Techniques that the enricher found for the alerts; one alert can have several.',
        query: REAL_ALERTS,
        columns: {
          technique: groupsOf('Technique', 'mitre_techniques', 10, { column: 'alerts' }),
          alerts: count('Alerts'),
        },
      },
      { series: 'bar_horizontal', x: 'technique', y: 'alerts', color: CALM_COLOR },
    ),
    'blocked-addresses': table(
      {
        ...chart('blocked-addresses', 'soc-blocked-ips'),
        title: 'Blocked addresses',
        description: 'Addresses with their latest block and the time it ends or ended.',
        query: BLOCKS,
        columns: {
          address: groupsOf('Address', 'source_ip', 100, { column: 'blocked' }, 'ip'),
          blocked: latest('Last blocked', '@timestamp'),
          until: latest('Blocked until', 'expires_at'),
          blocks: count('Blocks'),
        },
      },
      'blocked',
    ),
  };
}

export function buildCharts(space: string): ReadonlyMap<ChartName, LensObject> {
  const charts = draw(space);
  return new Map(CHART_NAMES.map((name) => [name, charts[name]]));
}
