/** Data views: as the API takes them, and as an export holds them (`index-pattern` of old). */
import { z } from 'zod';
import { jsonText, objectId, savedObject } from './saved-object.ts';

const facts = {
  /** Index name or pattern. */
  title: z.string().regex(/^[a-z0-9][a-z0-9_.-]*\*?$/),
  name: z.string().min(1),
  timeFieldName: z.string().min(1),
};

/** Body of `POST /api/data_views/data_view`, without `override`: that would delete a user's data view. */
export const createDataViewSchema = z.strictObject({
  data_view: z.strictObject({ id: objectId(), ...facts, allowNoIndex: z.literal(true) }),
});
export type CreateDataView = z.infer<typeof createDataViewSchema>;

/** Body of `POST /api/data_views/data_view/ID`: what is not named stays as the user left it. */
export const updateDataViewSchema = z.strictObject({
  data_view: z.strictObject({
    title: facts.title,
    name: facts.name.optional(),
    timeFieldName: facts.timeFieldName,
  }),
  refresh_fields: z.literal(true),
});

export const indexPatternSchema = savedObject(
  'index-pattern',
  '8.0.0',
  z.strictObject({
    ...facts,
    allowNoIndex: z.literal(true),
    fields: jsonText(z.array(z.never())),
    fieldAttrs: jsonText(z.strictObject({})),
    fieldFormatMap: jsonText(z.strictObject({})),
    runtimeFieldMap: jsonText(z.strictObject({})),
    sourceFilters: jsonText(z.array(z.never())),
    typeMeta: jsonText(z.strictObject({})),
  }),
).refine(({ references }) => references.length === 0, 'a data view refers to nothing');
export type IndexPattern = z.infer<typeof indexPatternSchema>;
