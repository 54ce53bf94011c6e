/** The dashboard "SOC Overview": what is going on, from a glance at the top to single alerts below. */
import { panelReference, type Dashboard, type Panel, type Place } from '../kibana/dashboard.ts';
import { CHART_NAMES, type ChartName } from './charts.ts';
import { idIn, type Installation } from './place-names.ts';

type PanelName = ChartName | 'latest-alerts' | 'guide';

/** Column, row, width and height on the grid of 48 columns. */
const PLACES: Readonly<Record<PanelName, readonly [number, number, number, number]>> = {
  guide: [0, 0, 24, 8],
  'open-alerts': [24, 0, 8, 8],
  'blocked-count': [32, 0, 8, 8],
  'dead-letter-count': [40, 0, 8, 8],
  'alerts-over-time': [0, 8, 32, 12],
  severity: [32, 8, 16, 12],
  'event-rate': [0, 20, 32, 12],
  rules: [32, 20, 16, 12],
  'top-source-addresses': [0, 32, 16, 14],
  techniques: [16, 32, 16, 14],
  'blocked-addresses': [32, 32, 16, 14],
  'latest-alerts': [0, 46, 48, 18],
};

function placeOf(name: PanelName): Place {
  const [x, y, w, h] = PLACES[name];
  return { x, y, w, h, i: name };
}

/** An address inside Markdown's `[text](address)`: a bracket would end it. */
function markdownLink(text: string, url: string): string {
  const address = new URL(url).href.replaceAll('(', '%28').replaceAll(')', '%29');
  return `[${text}](${address})`;
}

function guide({ consoleUrl, graphUrl }: Installation): string {
  return [
    '### SOC Overview',
    `Events become alerts by the rules of mini-SOC; alerts become blocks. To acknowledge or close an alert, to unblock an address and to see why a rule fired, open the ${markdownLink('console', consoleUrl)}. How addresses, alerts and techniques hang together shows the ${markdownLink('3D graph', graphUrl)}.`,
    'Every start of the stack writes this dashboard anew: save a copy under another name before you change it.',
  ].join('\n\n');
}

function guidePanel(installation: Installation): Panel {
  return {
    version: '8.9.0',
    type: 'visualization',
    gridData: placeOf('guide'),
    panelIndex: 'guide',
    embeddableConfig: {
      enhancements: {},
      hidePanelTitles: true,
      savedVis: {
        id: '',
        title: 'Guide',
        description: '',
        type: 'markdown',
        params: { fontSize: 12, openLinksInNewTab: true, markdown: guide(installation) },
        uiState: {},
        data: {
          aggs: [],
          searchSource: { query: { query: '', language: 'kuery' }, filter: [] },
        },
      },
    },
  };
}

function libraryPanel(name: ChartName | 'latest-alerts'): Panel {
  return {
    version: '8.9.0',
    type: name === 'latest-alerts' ? 'search' : 'lens',
    gridData: placeOf(name),
    panelIndex: name,
    embeddableConfig: { enhancements: {} },
    panelRefName: panelReference(name),
  };
}

export function buildDashboard(installation: Installation): Dashboard {
  const { space } = installation;
  const library = [...CHART_NAMES, 'latest-alerts' as const];
  return {
    type: 'dashboard',
    id: idIn(space, 'soc-overview'),
    attributes: {
      title: 'SOC Overview',
      description:
        'Alerts, their severity, rules and techniques, the addresses behind them, blocks, and the rate of events.',
      panelsJSON: JSON.stringify([guidePanel(installation), ...library.map(libraryPanel)]),
      optionsJSON: JSON.stringify({
        useMargins: true,
        syncColors: false,
        syncCursor: true,
        syncTooltips: false,
        hidePanelTitles: false,
      }),
      timeRestore: true,
      timeFrom: 'now-24h',
      timeTo: 'now',
      refreshInterval: { pause: false, value: 30_000 },
      version: 1,
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query: { query: '', language: 'kuery' }, filter: [] }),
      },
    },
    references: library.map((name) => ({
      name: `${name}:${panelReference(name)}`,
      type: name === 'latest-alerts' ? 'search' : 'lens',
      id: idIn(space, `soc-${name}`),
    })),
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: '8.9.0',
    managed: false,
  };
}
