/** The data views: what Discover and every chart look through. */
import type { CreateDataView, IndexPattern } from '../kibana/data-view.ts';
import { idIn, type Installation } from './place-names.ts';

export const DATA_VIEW_NAMES = [
  'soc-logs',
  'soc-alerts',
  'soc-blocked-ips',
  'soc-dead-letters',
] as const;
export type DataViewName = (typeof DATA_VIEW_NAMES)[number];

/** In the order in which they are made; the first becomes the default where there is none. */
export function buildDataViews({ space, indices }: Installation): readonly CreateDataView[] {
  const view = (name: DataViewName, title: string, label: string, timeFieldName: string) => ({
    data_view: {
      id: idIn(space, name),
      title,
      name: label,
      timeFieldName,
      allowNoIndex: true as const,
    },
  });
  return [
    view('soc-logs', indices.events, 'SOC events', '@timestamp'),
    view('soc-alerts', indices.alerts, 'SOC alerts', '@timestamp'),
    view('soc-blocked-ips', indices.blocks, 'SOC blocks', '@timestamp'),
    view('soc-dead-letters', indices.deadLetters, 'SOC dead letters', 'refused_at'),
  ];
}

/** The same data view as a saved object, for the file that is imported by hand. */
export function asIndexPattern({ data_view }: CreateDataView): IndexPattern {
  const { id, ...attributes } = data_view;
  return {
    type: 'index-pattern',
    id,
    attributes: {
      ...attributes,
      fields: '[]',
      fieldAttrs: '{}',
      fieldFormatMap: '{}',
      runtimeFieldMap: '{}',
      sourceFilters: '[]',
      typeMeta: '{}',
    },
    references: [],
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: '8.0.0',
    managed: false,
  };
}
