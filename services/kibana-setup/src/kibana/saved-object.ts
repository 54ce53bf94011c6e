/**
 * What Kibana 8.19 imports: one saved object a line. Its shapes are written here in our own words, from
 * its public sources; they are stricter than Kibana, which ignores much of what it does not know.
 */
import { z } from 'zod';

/** Ids end up in addresses; `:` divides panel and reference in the names of references. */
export const objectId = () =>
  z.string().regex(/^[a-z0-9][a-z0-9_-]{0,127}$/, 'Expected an id of letters, digits, - and _');

export const referenceSchema = z.strictObject({
  /** Where in the object it is meant. */
  name: z.string().min(1),
  type: z.enum(['index-pattern', 'lens', 'search']),
  id: objectId(),
});
export type Reference = z.infer<typeof referenceSchema>;

/** Undefined for what is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Text that holds JSON of the given shape, as several attributes of saved objects do. */
export function jsonText(schema: z.ZodType) {
  return z.string().superRefine((text, context) => {
    const value = readJson(text);
    if (value === undefined) context.addIssue({ code: 'custom', message: 'Expected JSON' });
    else
      for (const { message, path } of schema.safeParse(value).error?.issues ?? [])
        context.addIssue({ code: 'custom', message, path: ['(JSON)', ...path] });
  });
}

export const kqlSchema = z.strictObject({ query: z.string(), language: z.literal('kuery') });

/** A search of a data view by the name of a reference; without one it asks nothing of its own. */
export const searchSourceSchema = z.strictObject({
  query: kqlSchema,
  filter: z.array(z.never()),
  indexRefName: z.string().min(1).optional(),
});

/**
 * Fields of the envelope. The versions say which release the attributes were written for: Kibana migrates
 * what is older and refuses what is newer than itself, so an old one is the careful choice.
 */
export function savedObject<Type extends string, Attributes extends z.ZodType>(
  type: Type,
  typeMigrationVersion: string,
  attributes: Attributes,
) {
  return z.strictObject({
    type: z.literal(type),
    id: objectId(),
    attributes,
    references: z.array(referenceSchema),
    coreMigrationVersion: z.literal('8.8.0'),
    typeMigrationVersion: z.literal(typeMigrationVersion),
    managed: z.literal(false),
  });
}
