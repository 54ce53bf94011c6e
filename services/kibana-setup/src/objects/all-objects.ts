/** Everything set-up makes, checked against what Kibana accepts before any of it is sent. */
import {
  createDataViewSchema,
  indexPatternSchema,
  type CreateDataView,
} from '../kibana/data-view.ts';
import { dashboardSchema, type Dashboard } from '../kibana/dashboard.ts';
import { createRuleSchema } from '../kibana/alerting-rule.ts';
import { lensSchema, type LensObject } from '../kibana/lens.ts';
import { savedSearchSchema, type SavedSearch } from '../kibana/saved-search.ts';
import { buildAlertingRules, type AlertingRule } from './alerting-rules.ts';
import { buildCharts } from './charts.ts';
import { buildDashboard } from './dashboard.ts';
import { asIndexPattern, buildDataViews } from './data-views.ts';
import { buildLatestAlerts } from './latest-alerts.ts';
import type { Installation } from './place-names.ts';

export type LibraryObject = LensObject | SavedSearch | Dashboard;

export interface KibanaObjects {
  readonly dataViews: readonly CreateDataView[];
  /** Charts, the list and the dashboard; each refers only to data views and to objects before it. */
  readonly library: readonly LibraryObject[];
  readonly rules: readonly AlertingRule[];
}

/** Throws ZodError for an object that Kibana would not accept: a fault of ours. */
export function buildObjects(installation: Installation): KibanaObjects {
  return {
    dataViews: buildDataViews(installation).map((view) => createDataViewSchema.parse(view)),
    library: [
      ...[...buildCharts(installation.space).values()].map((chart) => lensSchema.parse(chart)),
      savedSearchSchema.parse(buildLatestAlerts(installation.space)),
      dashboardSchema.parse(buildDashboard(installation)),
    ],
    rules: buildAlertingRules(installation).map(({ id, body }) => ({
      id,
      body: createRuleSchema.parse(body),
    })),
  };
}

/** One JSON object a line, as Kibana imports it. */
export function renderLines(objects: readonly object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('');
}

/** The file for an import by hand: with the data views, which set-up makes through their own API. */
export function renderExport({ dataViews, library }: KibanaObjects): string {
  return renderLines([
    ...dataViews.map((view) => indexPatternSchema.parse(asIndexPattern(view))),
    ...library,
  ]);
}

/** The alerting rules as they are sent, for a reader: Kibana imports none from a file. */
export function renderRules({ rules }: KibanaObjects): string {
  return `${JSON.stringify(rules, null, 2)}\n`;
}
