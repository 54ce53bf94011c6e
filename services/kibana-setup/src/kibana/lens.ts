/** A chart of the library: a saved object of the type `lens`. */
import { z } from 'zod';
import { layerSchema } from './lens-columns.ts';
import { metricSchema, pieSchema, tableSchema, xySchema } from './lens-visualization.ts';
import { kqlSchema, savedObject } from './saved-object.ts';

function attributesOf<Type extends string, Visualization extends z.ZodType>(
  type: Type,
  visualization: Visualization,
) {
  return z.strictObject({
    title: z.string().min(1),
    description: z.string().min(1),
    visualizationType: z.literal(type),
    state: z.strictObject({
      visualization,
      query: kqlSchema,
      filters: z.array(z.never()),
      datasourceStates: z.strictObject({
        formBased: z.strictObject({ layers: z.record(z.string(), layerSchema) }),
      }),
      internalReferences: z.array(z.never()),
      adHocDataViews: z.strictObject({}),
    }),
  });
}

export const lensAttributesSchema = z.discriminatedUnion('visualizationType', [
  attributesOf('lnsXY', xySchema),
  attributesOf('lnsPie', pieSchema),
  attributesOf('lnsDatatable', tableSchema),
  attributesOf('lnsMetric', metricSchema),
]);
export type LensAttributes = z.infer<typeof lensAttributesSchema>;

export const layerReference = (layerId: string) => `indexpattern-datasource-layer-${layerId}`;

/** Columns a drawing uses: an unknown one draws nothing, one that is left over is never seen. */
function drawnColumns(attributes: LensAttributes): readonly string[] {
  switch (attributes.visualizationType) {
    case 'lnsXY':
      return attributes.state.visualization.layers.flatMap((layer) => [
        layer.xAccessor,
        ...layer.accessors,
        ...(layer.splitAccessor === undefined ? [] : [layer.splitAccessor]),
      ]);
    case 'lnsPie':
      return attributes.state.visualization.layers.flatMap((layer) => [
        ...layer.primaryGroups,
        ...layer.metrics,
      ]);
    case 'lnsDatatable':
      return attributes.state.visualization.columns.map(({ columnId }) => columnId);
    case 'lnsMetric':
      return [attributes.state.visualization.metricAccessor];
    default:
      return attributes satisfies never;
  }
}

function drawnLayers(attributes: LensAttributes): readonly string[] {
  const { visualizationType, state } = attributes;
  return visualizationType === 'lnsXY' || visualizationType === 'lnsPie'
    ? state.visualization.layers.map(({ layerId }) => layerId)
    : [state.visualization.layerId];
}

export const lensSchema = savedObject('lens', '8.9.0', lensAttributesSchema).superRefine(
  ({ attributes, references }, context) => {
    const fault = (message: string) => context.addIssue({ code: 'custom', message });
    const { layers } = attributes.state.datasourceStates.formBased;
    const ids = Object.keys(layers);
    if (ids.toSorted().join() !== drawnLayers(attributes).toSorted().join())
      fault(`the drawing must use each layer once: there are ${ids.join(', ')}`);
    const wanted = ids.map(layerReference).toSorted().join();
    if (
      references
        .map(({ name }) => name)
        .toSorted()
        .join() !== wanted
    )
      fault(`references must be ${wanted}`);
    if (references.some(({ type }) => type !== 'index-pattern'))
      fault('a layer must refer to a data view');
    const columns = Object.values(layers).flatMap((layer) => layer.columnOrder);
    if (columns.toSorted().join() !== drawnColumns(attributes).toSorted().join())
      fault(
        `the drawing must use each column once: there are ${columns.join(', ')}, it uses ${drawnColumns(attributes).join(', ')}`,
      );
    if (attributes.visualizationType === 'lnsDatatable') {
      const { sorting } = attributes.state.visualization;
      if (!columns.includes(sorting.columnId)) fault(`sorted by ${sorting.columnId}: no column`);
    }
  },
);
export type LensObject = z.infer<typeof lensSchema>;
