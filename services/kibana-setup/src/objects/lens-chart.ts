/** Charts in few words: the columns of one layer and how they are drawn. */
import { layerReference, type LensAttributes, type LensObject } from '../kibana/lens.ts';
import type { Column } from '../kibana/lens-columns.ts';
import type { ColorMapping } from '../kibana/lens-visualization.ts';

const LAYER = 'layer';

export interface Chart {
  readonly id: string;
  readonly title: string;
  /** One sentence, shown beside the title. */
  readonly description: string;
  readonly dataViewId: string;
  /** Which documents, in KQL. */
  readonly query: string;
  /** What is grouped by in the order of nesting, then what is counted. */
  readonly columns: Readonly<Record<string, Column>>;
}

const DRAWN_LAYER = { layerId: LAYER, layerType: 'data' } as const;

function stateOf({ query, columns }: Chart) {
  return {
    query: { query, language: 'kuery' as const },
    filters: [],
    datasourceStates: {
      formBased: {
        layers: {
          [LAYER]: {
            columnOrder: Object.keys(columns),
            columns: { ...columns },
            incompleteColumns: {},
            sampling: 1 as const,
          },
        },
      },
    },
    internalReferences: [],
    adHocDataViews: {},
  };
}

function asObject(chart: Chart, attributes: LensAttributes): LensObject {
  return {
    type: 'lens',
    id: chart.id,
    attributes,
    references: [{ type: 'index-pattern', id: chart.dataViewId, name: layerReference(LAYER) }],
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: '8.9.0',
    managed: false,
  };
}

const facts = ({ title, description }: Chart) => ({ title, description });
const everyAxis = <Value>(value: Value) => ({ x: value, yLeft: value, yRight: value });

export interface XyDrawing {
  readonly series: 'line' | 'bar_stacked' | 'bar_horizontal' | 'bar_horizontal_stacked';
  readonly x: string;
  readonly y: string;
  readonly splitBy?: string;
  readonly colors?: ColorMapping;
  /** Colour of the one series of a chart that is not split. */
  readonly color?: string;
}

export function xyChart(chart: Chart, drawing: XyDrawing): LensObject {
  const { series, x, y, splitBy, colors, color } = drawing;
  return asObject(chart, {
    ...facts(chart),
    visualizationType: 'lnsXY',
    state: {
      ...stateOf(chart),
      visualization: {
        preferredSeriesType: series,
        legend: { isVisible: splitBy !== undefined, position: 'bottom', showSingleSeries: true },
        valueLabels: series === 'bar_horizontal' ? 'show' : 'hide',
        fittingFunction: series === 'line' ? 'Zero' : 'None',
        axisTitlesVisibilitySettings: { x: false, yLeft: true, yRight: false },
        tickLabelsVisibilitySettings: everyAxis(true),
        gridlinesVisibilitySettings: { x: false, yLeft: true, yRight: false },
        labelsOrientation: everyAxis(0 as const),
        layers: [
          {
            ...DRAWN_LAYER,
            seriesType: series,
            xAccessor: x,
            accessors: [y],
            ...(splitBy === undefined ? {} : { splitAccessor: splitBy }),
            ...(color === undefined ? {} : { yConfig: [{ forAccessor: y, color }] }),
            ...(colors === undefined ? {} : { colorMapping: colors }),
          },
        ],
      },
    },
  });
}

export function ringChart(
  chart: Chart,
  drawing: { readonly group: string; readonly metric: string; readonly colors: ColorMapping },
): LensObject {
  return asObject(chart, {
    ...facts(chart),
    visualizationType: 'lnsPie',
    state: {
      ...stateOf(chart),
      visualization: {
        shape: 'donut',
        layers: [
          {
            ...DRAWN_LAYER,
            primaryGroups: [drawing.group],
            metrics: [drawing.metric],
            numberDisplay: 'value',
            categoryDisplay: 'default',
            legendDisplay: 'show',
            legendPosition: 'right',
            nestedLegend: false,
            colorMapping: drawing.colors,
          },
        ],
      },
    },
  });
}

export function table(chart: Chart, sortBy: string): LensObject {
  return asObject(chart, {
    ...facts(chart),
    visualizationType: 'lnsDatatable',
    state: {
      ...stateOf(chart),
      visualization: {
        ...DRAWN_LAYER,
        columns: Object.entries(chart.columns).map(([columnId, { isBucketed }]) => ({
          columnId,
          isTransposed: false as const,
          isMetric: !isBucketed,
        })),
        sorting: { columnId: sortBy, direction: 'desc' },
        paging: { size: 10, enabled: true },
      },
    },
  });
}

export function bigNumber(
  chart: Chart,
  drawing: { readonly metric: string; readonly subtitle: string; readonly color: string },
): LensObject {
  return asObject(chart, {
    ...facts(chart),
    visualizationType: 'lnsMetric',
    state: {
      ...stateOf(chart),
      visualization: {
        ...DRAWN_LAYER,
        metricAccessor: drawing.metric,
        subtitle: drawing.subtitle,
        color: drawing.color,
      },
    },
  });
}
