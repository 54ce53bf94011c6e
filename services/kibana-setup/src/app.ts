/** Sets Kibana up once: data views, the SOC Overview with its charts, the alerting rules. */
import { UsageError } from '@mini-soc/model';
import type { Fetch, Logger } from '@mini-soc/service-kit';
import { z } from 'zod';
import { importLibrary } from './import-library.ts';
import { createKibanaClient, type KibanaAddress } from './kibana-client.ts';
import { buildObjects } from './objects/all-objects.ts';
import type { Installation } from './objects/place-names.ts';
import { putDataView, putDefaultDataView, type Outcome } from './put-data-view.ts';
import { putRule } from './put-rule.ts';
import { waitForKibana } from './wait-for-kibana.ts';

export { buildObjects, renderExport, renderRules } from './objects/all-objects.ts';
export type { KibanaObjects } from './objects/all-objects.ts';
export { INDICES } from './objects/place-names.ts';
export type { Installation } from './objects/place-names.ts';
export type { KibanaAddress } from './kibana-client.ts';

export interface SetUpOptions {
  readonly address: KibanaAddress;
  readonly installation: Omit<Installation, 'space'>;
  /** Longest wait for Kibana to be ready, milliseconds. */
  readonly waitMs: number;
  readonly logger: Logger;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
  /** How to reach Kibana; the global one when absent. */
  readonly fetch?: Fetch | undefined;
  /** Time between two polls whether Kibana is ready, milliseconds. */
  readonly everyMs?: number;
  /** Waits before a request is repeated, milliseconds. */
  readonly retryWaitsMs?: readonly number[];
}

/** How many objects of each kind were made, changed, or left as they were. */
export interface SetUpReport {
  readonly kibanaVersion: string | undefined;
  readonly dataViews: Readonly<Record<Outcome, number>>;
  readonly defaultDataView: Outcome;
  readonly library: { readonly created: number; readonly overwritten: number };
  readonly rules: Readonly<Record<Outcome, number>>;
}

/**
 * Idempotent: run again after any end it finishes what is missing and leaves what is right. Objects
 * under other ids are never touched. Throws UsageError in one sentence with what to do.
 */
export async function setUpKibana(options: SetUpOptions): Promise<SetUpReport> {
  const { address, logger, now, signal } = options;
  const objects = buildObjects({ ...options.installation, space: address.space });
  const client = createKibanaClient({
    address,
    logger,
    fetch: options.fetch ?? fetch,
    signal,
    ...(options.retryWaitsMs === undefined ? {} : { retryWaitsMs: options.retryWaitsMs }),
  });
  const kibanaVersion = await waitForKibana({
    client,
    logger,
    waitMs: options.waitMs,
    everyMs: options.everyMs ?? 2000,
    now,
    signal,
  });
  try {
    const dataViews = tally();
    for (const view of objects.dataViews) dataViews[await putDataView(client, logger, view)] += 1;
    const first = objects.dataViews[0]?.data_view.id ?? '';
    const defaultDataView = await putDefaultDataView(client, first);
    const library = await importLibrary(client, objects.library);
    const rules = tally();
    for (const rule of objects.rules) rules[await putRule(client, rule)] += 1;
    return { kibanaVersion, dataViews, defaultDataView, library, rules };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new UsageError(
      `Cannot set up Kibana: "${client.url}" answers in another shape than Kibana 8.19 (${error.issues[0]?.path.join('.') ?? ''}: ${error.issues[0]?.message ?? ''}): check that KIBANA_URL leads to Kibana`,
      { cause: error },
    );
  }
}

const tally = (): Record<Outcome, number> => ({ created: 0, updated: 0, unchanged: 0 });

/** One line for the reader. */
export function describeReport(report: SetUpReport): string {
  const { dataViews, rules, library } = report;
  const counts = ({ created, updated, unchanged }: Record<Outcome, number>) =>
    `${created} created, ${updated} updated, ${unchanged} unchanged`;
  return `Kibana${report.kibanaVersion === undefined ? '' : ` ${report.kibanaVersion}`} is set up: data views ${counts(dataViews)}; dashboard and charts ${library.created} created, ${library.overwritten} written anew; alerting rules ${counts(rules)}`;
}
