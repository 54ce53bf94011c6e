/**
 * How a field of an event is read from a line of JSON, derived from its definition. Parsers take it from here
 * and not from the definition itself, so that Filebeat's script has the answers without zod.
 */
import { z } from 'zod';
import { EVENT_FIELDS, eventSchema } from './event.ts';
import type { FieldDescription } from './field.ts';

export { LOG_TYPES } from './event.ts';

export type JsonField =
  | { readonly kind: 'text'; readonly max: number }
  | { readonly kind: 'whole'; readonly min: number; readonly max: number }
  | { readonly kind: 'one-of'; readonly words: readonly string[] }
  | { readonly kind: 'address' }
  | { readonly kind: 'truth' };

/** The time of the event, and the line itself: every event has them, whatever the line is. */
const OF_EVERY_LINE: readonly string[] = ['@timestamp', 'message'];

/** By the name of the field; those that only we set (`ours`) are not among them. */
export const JSON_FIELDS: Readonly<Record<string, JsonField>> = Object.fromEntries(
  EVENT_FIELDS.filter((field) => field.ours !== true && !OF_EVERY_LINE.includes(field.name)).map(
    (field) => [
      field.name,
      jsonField(field, eventSchema.shape[field.name as keyof typeof eventSchema.shape]),
    ],
  ),
);

/** Throws TypeError for a field of another type: it would be kept under `extra`, and nobody would know. */
export function jsonField(field: FieldDescription, schema: z.ZodType): JsonField {
  const type = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (field.type === 'ip') return { kind: 'address' };
  if (type instanceof z.ZodEnum) return { kind: 'one-of', words: type.options.map(String) };
  if (type instanceof z.ZodBoolean) return { kind: 'truth' };
  if (type instanceof z.ZodString && type.maxLength !== null)
    return { kind: 'text', max: type.maxLength };
  if (type instanceof z.ZodNumber && field.type !== 'float')
    return {
      kind: 'whole',
      min: type.minValue ?? Number.MIN_SAFE_INTEGER,
      max: type.maxValue ?? Number.MAX_SAFE_INTEGER,
    };
  throw new TypeError(
    `Field "${field.name}" cannot be read from JSON: expected a text with a bound, a whole number, an enum, an address or a boolean; say "ours" when only the product sets it`,
  );
}
