/**
 * Brings the fields of today's model into indices that exist: what can be added (fields, aliases, fields below
 * a field) is added, what cannot (a type that changed) is left and told. A template of a newer version is not
 * written over: its process runs beside this one, or ran here before.
 */
import { z } from 'zod';
import type { FieldGap } from '../store.ts';
import type { Connection } from './connection.ts';
import { refusalOf } from './describe-failure.ts';

/** Number of the mappings, in the `_meta` of our templates: one more when a mapping changes. */
export const MAPPING_VERSION = 3;

const ACTION = 'bring the fields into the indices';
/** So many names of the longest prefix still make an address of less than 4 KiB. */
const INDICES_A_REQUEST = 40;

const templatesSchema = z.object({
  component_templates: z.array(
    z.object({
      component_template: z.object({
        _meta: z.object({ version: z.number().optional() }).optional(),
      }),
    }),
  ),
});

export type Properties = Readonly<Record<string, unknown>>;

interface Property {
  readonly type?: string;
  readonly path?: string;
  readonly properties?: Properties;
  readonly fields?: Properties;
}

export interface Extension {
  /** To be put as `properties`; empty when nothing lacks. */
  readonly missing: Properties;
  /** Fields that have another type, with both types. */
  readonly conflicts: readonly { readonly field: string; readonly reason: string }[];
}

/** What `present` lacks of `wanted`, and what it has otherwise. */
export function extendProperties(wanted: Properties, present: Properties, path = ''): Extension {
  const missing: Record<string, unknown> = {};
  const conflicts: { field: string; reason: string }[] = [];
  for (const [name, wish] of Object.entries(wanted)) {
    const want = wish as Property;
    const have = present[name] as Property | undefined;
    const field = `${path}${name}`;
    if (have === undefined) {
      missing[name] = want;
      continue;
    }
    const types = [describeType(have), describeType(want)] as const;
    if (types[0] !== types[1]) {
      for (const leaf of leavesOf(want, field))
        conflicts.push({ field: leaf, reason: `it is ${types[0]} there, and ${types[1]} now` });
      continue;
    }
    const below = extendProperties(want.properties ?? {}, have.properties ?? {}, `${field}.`);
    const fields = extendProperties(want.fields ?? {}, have.fields ?? {}, `${field}.`);
    conflicts.push(...below.conflicts, ...fields.conflicts);
    if (Object.keys(below.missing).length > 0) missing[name] = { properties: below.missing };
    if (Object.keys(fields.missing).length > 0)
      missing[name] = { ...have, fields: { ...have.fields, ...fields.missing } };
  }
  return { missing, conflicts };
}

function describeType(property: Property): string {
  if (property.type === 'alias') return `alias of ${property.path ?? ''}`;
  return property.type ?? 'object';
}

function leavesOf(property: Property, field: string): readonly string[] {
  if (property.properties === undefined) return [field];
  return Object.entries(property.properties).flatMap(([name, below]) =>
    leavesOf(below as Property, `${field}.${name}`),
  );
}

/** The number in the `_meta` of a component template, 0 for one without; undefined when there is none. */
export async function readTemplateVersion(
  connection: Connection,
  template: string,
): Promise<number | undefined> {
  const found = await connection.sendOnce<unknown>({
    action: ACTION,
    method: 'GET',
    path: `/_component_template/${template}`,
    expected: [404],
  });
  const parsed = templatesSchema.safeParse(found);
  const [one] = parsed.success ? parsed.data.component_templates : [];
  return one === undefined ? undefined : (one.component_template['_meta']?.version ?? 0);
}

/** Adds to every index of the pattern what it lacks; gaps are what could not be added. */
export async function extendIndices(
  connection: Connection,
  pattern: string,
  wanted: Properties,
): Promise<readonly FieldGap[]> {
  const found = await connection.sendOnce<
    Readonly<Record<string, { readonly mappings?: { readonly properties?: Properties } }>>
  >({ action: ACTION, method: 'GET', path: `/${pattern}/_mapping`, expected: [404] });
  const gaps: FieldGap[] = [];
  const byMissing = new Map<string, { readonly missing: Properties; readonly indices: string[] }>();
  for (const [index, { mappings }] of Object.entries(found)) {
    if (mappings === undefined) continue;
    const { missing, conflicts } = extendProperties(wanted, mappings.properties ?? {});
    gaps.push(...conflicts.map((conflict) => ({ index, ...conflict })));
    if (Object.keys(missing).length === 0) continue;
    const key = JSON.stringify(missing);
    const group = byMissing.get(key) ?? { missing, indices: [] };
    group.indices.push(index);
    byMissing.set(key, group);
  }
  for (const { missing, indices } of byMissing.values())
    for (let from = 0; from < indices.length; from += INDICES_A_REQUEST)
      gaps.push(
        ...(await addFields(connection, indices.slice(from, from + INDICES_A_REQUEST), missing)),
      );
  return gaps;
}

/** An index that refuses (made read-only, say) is a gap; a server that does not answer is a failure. */
async function addFields(
  connection: Connection,
  indices: readonly string[],
  missing: Properties,
): Promise<readonly FieldGap[]> {
  try {
    await connection.sendOnce({
      action: ACTION,
      method: 'PUT',
      path: `/${indices.join(',')}/_mapping`,
      query: { ignore_unavailable: true },
      body: { properties: missing },
    });
    return [];
  } catch (cause) {
    const refusal = refusalOf(cause);
    if (refusal === undefined || ![400, 403].includes(refusal.status)) throw cause;
    return indices.flatMap((index) =>
      Object.keys(missing).map((field) => ({
        index,
        field,
        reason: `the server refuses to add it: ${refusal.reason.slice(0, 200)}`,
      })),
    );
  }
}
