/** Values of an event's fields, as filters and entities see them. */
import type { SocEvent } from '@mini-soc/model';

/**
 * The value under a flat name or `extra.NAME`; undefined when absent. A name with dots that is none of
 * `extra` itself leads through the objects in it: `extra.a.b` is the `b` of `a`.
 */
export function readField(event: Partial<SocEvent>, field: string): unknown {
  if (field.startsWith('extra.')) {
    const extra = event.extra;
    const name = field.slice(6);
    if (extra === undefined) return undefined;
    return Object.hasOwn(extra, name) ? extra[name] : readNested(extra, name);
  }
  return Object.hasOwn(event, field) ? event[field as keyof SocEvent] : undefined;
}

function readNested(extra: Readonly<Record<string, unknown>>, name: string): unknown {
  if (!name.includes('.')) return undefined;
  let value: unknown = extra;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}

/** As readField(), for one name and many events. */
export function fieldReader(field: string): (event: Partial<SocEvent>) => unknown {
  if (field.startsWith('extra.')) return (event) => readField(event, field);
  const name = field as keyof SocEvent;
  return (event) => (Object.hasOwn(event, name) ? event[name] : undefined);
}

/** Text of a scalar as filters compare it; undefined for absent values and objects. */
export function fieldText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return undefined;
}
