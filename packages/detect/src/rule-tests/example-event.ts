/** An event that a filter matches, as far as the filter says what it wants: the ground of rule tests. */
import { EVENT_FIELDS } from '@mini-soc/model';
import type { Filter } from '@mini-soc/query';

export type EventFields = Readonly<Record<string, unknown>>;

const TYPES = new Map(
  EVENT_FIELDS.filter((field) => !field.isArray).map((field) => [field.name, field.type]),
);

/** Fields of an event; of alternatives the first, of wildcards and ranges the simplest, of negations nothing. */
export function exampleFields(filter: Filter): EventFields {
  switch (filter.kind) {
    case 'all':
      return Object.assign({}, ...filter.of.toReversed().map(exampleFields)) as EventFields;
    case 'any':
      return filter.of[0] === undefined ? {} : exampleFields(filter.of[0]);
    case 'equals':
      return { [filter.field]: convert(filter.field, filter.value) };
    case 'wildcard': {
      const text = filter.pattern
        .map((piece) => (piece.kind === 'text' ? piece.text : piece.kind === 'one' ? 'x' : ''))
        .join('');
      return { [filter.field]: text };
    }
    case 'cidr':
      return { [filter.field]: filter.range.split('/')[0] };
    case 'compare': {
      const away = filter.operator === 'gt' ? 1 : filter.operator === 'lt' ? -1 : 0;
      return { [filter.field]: filter.value + away };
    }
    case 'before':
    case 'clock':
    case 'not':
    case 'exists':
    case 'regexp':
      return {};
    default:
      return filter satisfies never;
  }
}

/** The text as a value of the field's type. */
export function convert(field: string, text: string): unknown {
  const type = TYPES.get(field);
  if ((type === 'integer' || type === 'long') && /^\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean') return text === 'true';
  return text;
}
