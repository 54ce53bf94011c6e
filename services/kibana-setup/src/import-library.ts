/** Imports charts, the list and the dashboard in one request, over what was there under their ids. */
import { UsageError } from '@mini-soc/model';
import { clip } from '@mini-soc/service-kit';
import { z } from 'zod';
import type { KibanaClient } from './kibana-client.ts';
import { renderLines, type LibraryObject } from './objects/all-objects.ts';

const importSchema = z.object({
  success: z.boolean(),
  successCount: z.number(),
  successResults: z
    .array(
      z.object({
        type: z.string(),
        id: z.string(),
        overwrite: z.boolean().optional(),
        /** Kibana gives a new id to what exists in another space. */
        destinationId: z.string().optional(),
      }),
    )
    .default([]),
  errors: z
    .array(
      z.object({
        type: z.string(),
        id: z.string(),
        error: z.object({
          type: z.string(),
          message: z.string().optional(),
          references: z.array(z.object({ type: z.string(), id: z.string() })).optional(),
        }),
      }),
    )
    .default([]),
});

export interface ImportReport {
  readonly created: number;
  readonly overwritten: number;
}

/** Throws UsageError that names each object Kibana did not take. */
export async function importLibrary(
  client: KibanaClient,
  objects: readonly LibraryObject[],
): Promise<ImportReport> {
  const { body } = await client.call({
    method: 'POST',
    path: '/api/saved_objects/_import?overwrite=true',
    what: 'the dashboard and its charts',
    upload: { name: 'soc-overview.ndjson', text: renderLines(objects) },
  });
  const answer = importSchema.parse(body);
  if (!answer.success || answer.successCount !== objects.length)
    throw new UsageError(
      `Cannot import the dashboard and its charts into Kibana at "${client.url}": ${answer.successCount} of ${objects.length} were taken${answer.errors.map(describe).join('')} (what is missing must be made first; start the set-up again, or delete the objects named here in Stack Management)`,
    );
  const overwritten = answer.successResults.filter(({ overwrite }) => overwrite === true).length;
  return { created: answer.successCount - overwritten, overwritten };
}

type Refusal = z.infer<typeof importSchema>['errors'][number];

function describe({ type, id, error }: Refusal): string {
  const missing = error.references?.map((reference) => `${reference.type} "${reference.id}"`);
  const why = error.message ?? missing?.join(', ');
  return `; ${clip(type)} "${clip(id)}": ${clip(error.type)}${why === undefined ? '' : ` (${clip(why)})`}`;
}
