/** Makes one data view, or corrects ours: a user's own are never touched. */
import { UsageError } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import { z } from 'zod';
import { updateDataViewSchema, type CreateDataView } from './kibana/data-view.ts';
import type { KibanaClient } from './kibana-client.ts';

const dataViewSchema = z.object({
  data_view: z.object({
    id: z.string(),
    title: z.string(),
    name: z.string().optional(),
    timeFieldName: z.string().optional(),
  }),
});

export type Outcome = 'created' | 'updated' | 'unchanged';

/** Added to a name that a data view of the user's has already. */
const OTHER_NAME = ' (mini-SOC)';

/** Throws UsageError when Kibana refuses. */
export async function putDataView(
  client: KibanaClient,
  logger: Logger,
  wanted: CreateDataView,
): Promise<Outcome> {
  const { id, title, name, timeFieldName } = wanted.data_view;
  const what = `the data view "${name}"`;
  const path = `/api/data_views/data_view/${id}`;
  const present = await client.call({ method: 'GET', path, what, expected: [404] });
  if (present.status === 404) return create(client, logger, wanted, what);
  const { data_view: found } = dataViewSchema.parse(present.body);
  // A name the user has chosen for it stays, and so does the one we had to give it.
  if (found.title === title && found.timeFieldName === timeFieldName) return 'unchanged';
  const json = updateDataViewSchema.parse({
    data_view: { title, timeFieldName },
    refresh_fields: true,
  });
  await client.call({ method: 'POST', path, what, json });
  return 'updated';
}

async function create(
  client: KibanaClient,
  logger: Logger,
  wanted: CreateDataView,
  what: string,
): Promise<Outcome> {
  const { name } = wanted.data_view;
  const post = (as: string) =>
    client.call({
      method: 'POST',
      path: '/api/data_views/data_view',
      what,
      json: { data_view: { ...wanted.data_view, name: as } },
      expected: [400],
    });
  const first = await post(name);
  if (first.status !== 400) return 'created';
  // Two set-ups at once: the other one was faster.
  const { id } = wanted.data_view;
  const path = `/api/data_views/data_view/${id}`;
  const now = await client.call({ method: 'GET', path, what, expected: [404] });
  if (now.status !== 404) return 'unchanged';
  if (!first.message.includes('Duplicate data view')) throw refused(client, what, first.message);
  logger.warn(
    { name, instead: `${name}${OTHER_NAME}` },
    'Another data view has the name of ours: ours gets another one',
  );
  const second = await post(`${name}${OTHER_NAME}`);
  if (second.status !== 400) return 'created';
  throw refused(client, what, second.message);
}

function refused(client: KibanaClient, what: string, message: string): UsageError {
  return new UsageError(
    `Cannot make ${what} in Kibana at "${client.url}": it answered 400: "${message.slice(0, 300)}" (rename or delete the data view that is in the way, or take another space by KIBANA_SPACE)`,
  );
}

const defaultSchema = z.object({ data_view_id: z.string().nullish() });

/** Sets the default data view where none is set: a user's choice stays. */
export async function putDefaultDataView(client: KibanaClient, id: string): Promise<Outcome> {
  const what = 'the default data view';
  const path = '/api/data_views/default';
  const { body } = await client.call({ method: 'GET', path, what });
  const present = defaultSchema.parse(body).data_view_id ?? '';
  if (present !== '') return 'unchanged';
  const json = { data_view_id: id, force: false };
  await client.call({ method: 'POST', path, what, json });
  return 'created';
}
