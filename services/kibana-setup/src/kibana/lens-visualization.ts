/** How a Lens layer is drawn: bars and lines, rings, tables, single numbers. */
import { z } from 'zod';

const hexColor = () => z.string().regex(/^#[0-9a-f]{6}$/);

/** Colours by value. Values without a rule take the palette's colours in turn. */
export const colorMappingSchema = z.strictObject({
  assignments: z.array(
    z.strictObject({
      rules: z.array(z.strictObject({ type: z.literal('raw'), value: z.string() })).min(1),
      color: z.strictObject({ type: z.literal('colorCode'), colorCode: hexColor() }),
      touched: z.boolean(),
    }),
  ),
  specialAssignments: z.array(
    z.strictObject({
      rules: z.tuple([z.strictObject({ type: z.literal('other') })]),
      color: z.strictObject({ type: z.literal('loop') }),
      touched: z.boolean(),
    }),
  ),
  paletteId: z.enum(['default', 'eui_amsterdam_color_blind']),
  colorMode: z.strictObject({ type: z.literal('categorical') }),
});
export type ColorMapping = z.infer<typeof colorMappingSchema>;

const layer = { layerId: z.string(), layerType: z.literal('data') };
const seriesType = z.enum([
  'line',
  'area_stacked',
  'bar_stacked',
  'bar_horizontal',
  'bar_horizontal_stacked',
]);
const perAxis = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({ x: value, yLeft: value, yRight: value });

export const xySchema = z.strictObject({
  preferredSeriesType: seriesType,
  legend: z.strictObject({
    isVisible: z.boolean(),
    position: z.enum(['top', 'right', 'bottom', 'left']),
    showSingleSeries: z.boolean().optional(),
  }),
  valueLabels: z.enum(['hide', 'show']),
  fittingFunction: z.enum(['None', 'Zero', 'Linear', 'Carry', 'Lookahead']),
  axisTitlesVisibilitySettings: perAxis(z.boolean()),
  tickLabelsVisibilitySettings: perAxis(z.boolean()),
  gridlinesVisibilitySettings: perAxis(z.boolean()),
  labelsOrientation: perAxis(z.union([z.literal(0), z.literal(-45), z.literal(-90)])),
  layers: z.tuple([
    z.strictObject({
      ...layer,
      seriesType,
      xAccessor: z.string(),
      accessors: z.array(z.string()).min(1),
      splitAccessor: z.string().optional(),
      yConfig: z.array(z.strictObject({ forAccessor: z.string(), color: hexColor() })).optional(),
      colorMapping: colorMappingSchema.optional(),
    }),
  ]),
});

export const pieSchema = z.strictObject({
  shape: z.enum(['donut', 'pie', 'treemap', 'mosaic', 'waffle']),
  layers: z.tuple([
    z.strictObject({
      ...layer,
      primaryGroups: z.array(z.string()).min(1),
      metrics: z.array(z.string()).length(1),
      numberDisplay: z.enum(['hidden', 'percent', 'value']),
      categoryDisplay: z.enum(['default', 'inside', 'hide']),
      legendDisplay: z.enum(['default', 'show', 'hide']),
      legendPosition: z.enum(['top', 'right', 'bottom', 'left']),
      nestedLegend: z.boolean(),
      colorMapping: colorMappingSchema,
    }),
  ]),
});

export const tableSchema = z.strictObject({
  ...layer,
  columns: z.array(
    z.strictObject({
      columnId: z.string(),
      width: z.number().positive().optional(),
      isTransposed: z.literal(false),
      isMetric: z.boolean(),
    }),
  ),
  sorting: z.strictObject({ columnId: z.string(), direction: z.enum(['asc', 'desc', 'none']) }),
  paging: z.strictObject({ size: z.literal([10, 20, 30, 50, 100]), enabled: z.boolean() }),
});

export const metricSchema = z.strictObject({
  ...layer,
  metricAccessor: z.string(),
  subtitle: z.string().optional(),
  color: hexColor().optional(),
});
