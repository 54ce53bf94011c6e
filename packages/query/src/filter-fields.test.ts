import { describe, expect, it } from 'vitest';
import { fieldsOfFilter } from './filter-fields.ts';
import type { Filter } from './query.ts';

const is = (field: string): Filter => ({ kind: 'equals', field, value: 'x', cased: false });

describe('fieldsOfFilter()', () => {
  it('fieldsOfFilter() names every field once, however deep it stands', () => {
    expect(
      fieldsOfFilter({
        kind: 'all',
        of: [
          is('action'),
          { kind: 'not', of: { kind: 'any', of: [is('status'), is('action')] } },
          { kind: 'compare', field: 'http_status', operator: 'gte', value: 400 },
          { kind: 'exists', field: 'extra.a' },
        ],
      }),
    ).toEqual(['action', 'status', 'http_status', 'extra.a']);
  });

  it('fieldsOfFilter() names nothing for a filter that asks nothing', () => {
    expect(fieldsOfFilter({ kind: 'all', of: [] })).toEqual([]);
  });
});
