/** A list of documents as Discover keeps it: a saved object of the type `search`. */
import { z } from 'zod';
import { jsonText, savedObject, searchSourceSchema } from './saved-object.ts';

/** Name that `search` objects give the reference to their data view. */
export const SEARCH_INDEX = 'kibanaSavedObjectMeta.searchSourceJSON.index';

export const savedSearchSchema = savedObject(
  'search',
  '8.0.0',
  z.strictObject({
    title: z.string().min(1),
    description: z.string().min(1),
    columns: z.array(z.string().min(1)).min(1),
    sort: z.array(z.tuple([z.string(), z.enum(['asc', 'desc'])])).min(1),
    grid: z.strictObject({
      columns: z.record(z.string(), z.strictObject({ width: z.int().positive() })),
    }),
    hideChart: z.boolean(),
    isTextBasedQuery: z.literal(false),
    rowsPerPage: z.literal([10, 25, 50, 100, 250, 500]),
    kibanaSavedObjectMeta: z.strictObject({
      searchSourceJSON: jsonText(
        searchSourceSchema.extend({ indexRefName: z.literal(SEARCH_INDEX) }),
      ),
    }),
  }),
).superRefine(({ attributes, references }, context) => {
  const fault = (message: string) => context.addIssue({ code: 'custom', message });
  if (references.map(({ name }) => name).join() !== SEARCH_INDEX)
    fault(`references must be ${SEARCH_INDEX}`);
  for (const column of Object.keys(attributes.grid.columns))
    if (!attributes.columns.includes(column)) fault(`a width is given for ${column}: no column`);
});
export type SavedSearch = z.infer<typeof savedSearchSchema>;
