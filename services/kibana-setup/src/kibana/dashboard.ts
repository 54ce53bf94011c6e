/** A dashboard: panels on a grid of 48 columns, each a chart of the library or a text of its own. */
import { z } from 'zod';
import { jsonText, readJson, savedObject, searchSourceSchema } from './saved-object.ts';

export const GRID_COLUMNS = 48;

const place = z
  .strictObject({
    x: z.int().min(0),
    y: z.int().min(0),
    w: z.int().min(1),
    h: z.int().min(1),
    /** The panel's index again. */
    i: z.string(),
  })
  .refine(
    ({ x, w }) => x + w <= GRID_COLUMNS,
    `the panel lies outside the ${GRID_COLUMNS} columns`,
  );
export type Place = z.infer<typeof place>;

const panelIndex = z.string().regex(/^[a-z0-9-]+$/);
const shownSince = { version: z.literal('8.9.0'), gridData: place, panelIndex };

const libraryPanel = z.strictObject({
  ...shownSince,
  type: z.enum(['lens', 'search']),
  embeddableConfig: z.strictObject({ enhancements: z.strictObject({}) }),
  panelRefName: z.string(),
});

const textPanel = z.strictObject({
  ...shownSince,
  type: z.literal('visualization'),
  embeddableConfig: z.strictObject({
    enhancements: z.strictObject({}),
    hidePanelTitles: z.literal(true),
    savedVis: z.strictObject({
      id: z.literal(''),
      title: z.string(),
      description: z.string(),
      type: z.literal('markdown'),
      params: z.strictObject({
        fontSize: z.number().min(8).max(36),
        openLinksInNewTab: z.boolean(),
        markdown: z.string().min(1),
      }),
      uiState: z.strictObject({}),
      data: z.strictObject({ aggs: z.array(z.never()), searchSource: searchSourceSchema }),
    }),
  }),
});

export const panelSchema = z.discriminatedUnion('type', [libraryPanel, textPanel]);
export type Panel = z.infer<typeof panelSchema>;

const overlap = (a: Place, b: Place): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

export const panelsSchema = z
  .array(panelSchema)
  .min(1)
  .superRefine((panels, context) => {
    const fault = (message: string) => context.addIssue({ code: 'custom', message });
    for (const [at, panel] of panels.entries()) {
      if (panel.gridData.i !== panel.panelIndex) fault(`panel ${panel.panelIndex}: i differs`);
      for (const other of panels.slice(at + 1)) {
        if (other.panelIndex === panel.panelIndex) fault(`panel ${panel.panelIndex} stands twice`);
        if (overlap(panel.gridData, other.gridData))
          fault(`panels ${panel.panelIndex} and ${other.panelIndex} overlap`);
      }
    }
  });

export const panelReference = (index: string) => `panel_${index}`;

export const dashboardSchema = savedObject(
  'dashboard',
  '8.9.0',
  z.strictObject({
    title: z.string().min(1),
    description: z.string().min(1),
    panelsJSON: jsonText(panelsSchema),
    optionsJSON: jsonText(
      z.strictObject({
        useMargins: z.boolean(),
        syncColors: z.boolean(),
        syncCursor: z.boolean(),
        syncTooltips: z.boolean(),
        hidePanelTitles: z.boolean(),
      }),
    ),
    timeRestore: z.literal(true),
    timeFrom: z.string().regex(/^now-\d+[mhdw]$/),
    timeTo: z.literal('now'),
    /** Milliseconds. */
    refreshInterval: z.strictObject({ pause: z.boolean(), value: z.int().min(5000) }),
    version: z.literal(1),
    kibanaSavedObjectMeta: z.strictObject({ searchSourceJSON: jsonText(searchSourceSchema) }),
  }),
).superRefine(({ attributes, references }, context) => {
  const panels = panelsSchema.safeParse(readJson(attributes.panelsJSON));
  if (!panels.success) return;
  const wanted = panels.data.flatMap((panel) =>
    panel.type === 'visualization'
      ? []
      : [`${panel.panelIndex}:${panel.panelRefName} ${panel.type}`],
  );
  const given = references.map(({ name, type }) => `${name} ${type}`);
  if (wanted.toSorted().join() !== given.toSorted().join())
    context.addIssue({ code: 'custom', message: `references must be ${wanted.join(', ')}` });
});
export type Dashboard = z.infer<typeof dashboardSchema>;
