import { readFileSync } from 'node:fs';
import { SETTINGS } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { createRuleSchema } from '../kibana/alerting-rule.ts';
import { dashboardSchema, panelsSchema, type Panel } from '../kibana/dashboard.ts';
import { createDataViewSchema, indexPatternSchema } from '../kibana/data-view.ts';
import { lensSchema } from '../kibana/lens.ts';
import { savedSearchSchema } from '../kibana/saved-search.ts';
import { buildObjects, renderExport, renderRules } from './all-objects.ts';
import { INDICES, type Installation } from './place-names.ts';

const HERE: Installation = {
  space: 'default',
  indices: INDICES,
  consoleUrl: SETTINGS.CONSOLE_PUBLIC_URL.fallback,
  graphUrl: SETTINGS.GRAPH_PUBLIC_URL.fallback,
};
const objects = buildObjects(HERE);
const checkedIn = (file: string) =>
  readFileSync(new URL(`../../../../kibana/${file}`, import.meta.url), 'utf8');

function find(id: string): unknown {
  const found = objects.library.find((object) => object.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return structuredClone(found);
}

/** The value with one place changed: `state.layers.0.x`; `undefined` takes the place away. */
function change(value: unknown, path: string, to: unknown): unknown {
  const [key = '', ...rest] = path.split('.');
  if (Array.isArray(value))
    return value.map((entry, at) =>
      String(at) === key ? (rest.length === 0 ? to : change(entry, rest.join('.'), to)) : entry,
    );
  const object = value as Record<string, unknown>;
  return { ...object, [key]: rest.length === 0 ? to : change(object[key], rest.join('.'), to) };
}

function panels(): Panel[] {
  const dashboard = dashboardSchema.parse(find('soc-overview'));
  return panelsSchema.parse(JSON.parse(dashboard.attributes.panelsJSON));
}

describe('buildObjects()', () => {
  it('makes what Kibana 8.19 accepts, by our reading of its sources', () => {
    const schemas = {
      'index-pattern': indexPatternSchema,
      lens: lensSchema,
      search: savedSearchSchema,
      dashboard: dashboardSchema,
    };
    const lines = renderExport(objects).trimEnd().split('\n');
    expect(lines).toHaveLength(16);
    for (const line of lines) {
      const object = JSON.parse(line) as { type: keyof typeof schemas; id: string };
      expect([object.id, schemas[object.type].safeParse(object).error]).toEqual([
        object.id,
        undefined,
      ]);
    }
    for (const view of objects.dataViews) expect(createDataViewSchema.parse(view)).toEqual(view);
    for (const { body } of objects.rules) expect(createRuleSchema.parse(body)).toEqual(body);
    expect(objects.rules).toHaveLength(3);
  });

  it('is what the files in kibana/ say', () => {
    expect(checkedIn('soc-overview.ndjson')).toBe(renderExport(objects));
    expect(JSON.parse(checkedIn('alerting-rules.json'))).toEqual(JSON.parse(renderRules(objects)));
  });

  it('refers only to what is made before', () => {
    const made = new Set(objects.dataViews.map(({ data_view }) => `index-pattern ${data_view.id}`));
    for (const { type, id, references } of objects.library) {
      for (const reference of references)
        expect([id, made.has(`${reference.type} ${reference.id}`)]).toEqual([id, true]);
      made.add(`${type} ${id}`);
    }
    expect(made.size).toBe(16);
  });

  it('shows the six panels users know, techniques and the rate of events, and every chart made', () => {
    const shown = panels().map(({ panelIndex }) => panelIndex);
    expect(shown).toEqual(
      expect.arrayContaining([
        'alerts-over-time',
        'top-source-addresses',
        'severity',
        'rules',
        'blocked-addresses',
        'latest-alerts',
        'techniques',
        'event-rate',
      ]),
    );
    const charts = objects.library.filter(({ type }) => type !== 'dashboard');
    expect(shown.filter((name) => name !== 'guide').map((name) => `soc-${name}`)).toEqual(
      charts.map(({ id }) => id),
    );
  });

  it('fills the 48 columns of every row', () => {
    const places = panels().map(({ gridData }) => gridData);
    const bottom = Math.max(...places.map(({ y, h }) => y + h));
    const area = places.reduce((sum, { w, h }) => sum + w * h, 0);
    expect(area).toBe(48 * bottom);
  });

  it('gives another space ids of its own', () => {
    const other = buildObjects({ ...HERE, space: 'team-a' });
    const ids = (made: typeof other) => [
      ...made.dataViews.map(({ data_view }) => data_view.id),
      ...made.library.flatMap(({ id, references }) => [id, ...references.map((to) => to.id)]),
      ...made.rules.map(({ id }) => id),
    ];
    expect(ids(other).filter((id) => ids(objects).includes(id))).toEqual([]);
    for (const { id } of [...objects.rules, ...other.rules])
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('cannot be made to break out of a link by an address', () => {
    const hostile = buildObjects({
      ...HERE,
      consoleUrl: 'http://soc.example/a)[evil](javascript:alert(1)',
    });
    const text = JSON.stringify(hostile.library.at(-1));
    expect(text).toContain('http://soc.example/a%29[evil]%28javascript:alert%281%29)');
  });
});

const LENS = 'soc-alerts-over-time';
const LAYER = 'attributes.state.datasourceStates.formBased.layers.layer';
const DRAWN = 'attributes.state.visualization';

describe('the schemas of what Kibana accepts', () => {
  it.each([
    ['a column without its label', LENS, `${LAYER}.columns.alerts.label`, undefined],
    ['an operation that does not exist', LENS, `${LAYER}.columns.alerts.operationType`, 'counts'],
    ['a parameter of its own', LENS, `${LAYER}.columns.time.params.step`, '1h'],
    [
      'an order by a column that is not there',
      LENS,
      `${LAYER}.columns.severity.params.orderBy`,
      { type: 'column', columnId: 'x' },
    ],
    [
      'a count before what it is counted by',
      LENS,
      `${LAYER}.columnOrder`,
      ['alerts', 'severity', 'time'],
    ],
    ['a column that is not in the order', LENS, `${LAYER}.columnOrder`, ['severity', 'alerts']],
    ['a drawing of a column that is not there', LENS, `${DRAWN}.layers.0.xAccessor`, 'x'],
    ['a drawing without one of its columns', LENS, `${DRAWN}.layers.0.splitAccessor`, undefined],
    ['a drawing of another layer', LENS, `${DRAWN}.layers.0.layerId`, 'x'],
    ['a kind of series that does not exist', LENS, `${DRAWN}.layers.0.seriesType`, 'bars'],
    ['a drawing of another kind', LENS, 'attributes.visualizationType', 'lnsPie'],
    ['no reference to a data view', LENS, 'references', []],
    ['a reference of another name', LENS, 'references.0.name', 'layer'],
    ['an attribute of its own', LENS, 'attributes.colour', 'red'],
    ['a version Kibana may not know', LENS, 'typeMigrationVersion', '10.9.0'],
    ['a table sorted by no column', 'soc-blocked-addresses', `${DRAWN}.sorting.columnId`, 'x'],
    ['a list without its data view', 'soc-latest-alerts', 'references', []],
    ['a list sorted nowhere', 'soc-latest-alerts', 'attributes.sort.0.1', 'down'],
    [
      'a search that is no JSON',
      'soc-latest-alerts',
      'attributes.kibanaSavedObjectMeta.searchSourceJSON',
      '{',
    ],
    ['panels that are no JSON', 'soc-overview', 'attributes.panelsJSON', '[{'],
    ['a panel whose chart is not referred to', 'soc-overview', 'references.0.id', ''],
    ['a reference no panel has', 'soc-overview', 'references.0.name', 'x:panel_x'],
    ['options of its own', 'soc-overview', 'attributes.optionsJSON', '{"wide":true}'],
    ['a time that never ends', 'soc-overview', 'attributes.timeFrom', 'yesterday'],
  ])('refuse %s', (_what, id, path, to) => {
    const schema = { lens: lensSchema, search: savedSearchSchema, dashboard: dashboardSchema };
    const object = find(id) as { type: keyof typeof schema };
    expect(schema[object.type].safeParse(object).success).toBe(true);
    expect(schema[object.type].safeParse(change(object, path, to)).success).toBe(false);
  });

  it.each([
    ['overlap', '1.gridData.x', 0],
    ['lie outside the columns', '1.gridData.w', 40],
    ['have one index twice', '2.panelIndex', 'open-alerts'],
    ['have no height', '1.gridData.h', 0],
    ['name no chart', '1.panelRefName', undefined],
  ])('refuse panels that %s', (_what, path, to) => {
    expect(panelsSchema.safeParse(panels()).success).toBe(true);
    expect(panelsSchema.safeParse(change(panels(), path, to)).success).toBe(false);
  });

  it.each([
    ['another interval', 'schedule.interval', '0m'],
    ['a query that is no JSON', 'params.esQuery', 'rule_name:x'],
    ['a search without a query', 'params.esQuery', '{"size":1}'],
    ['too many groups', 'params.termSize', 1001],
    ['no field to group by', 'params.termField', undefined],
    ['a comparison by name', 'params.thresholdComparator', 'above'],
    ['a parameter of its own', 'params.window', '5m'],
    ['a rule of another licence', 'rule_type_id', 'siem.eqlRule'],
  ])('refuse an alerting rule with %s', (_what, path, to) => {
    const body = objects.rules[0]?.body;
    expect(createRuleSchema.safeParse(body).success).toBe(true);
    expect(createRuleSchema.safeParse(change(body, path, to)).success).toBe(false);
  });
});
