import { describe, expect, it } from 'vitest';
import { columnTypeOf } from './mapping.ts';

describe('columnTypeOf()', () => {
  it.each([
    ['keyword', 'VARCHAR'],
    ['text', 'VARCHAR'],
    ['ip', 'VARCHAR'],
    ['date', 'BIGINT'],
    ['integer', 'BIGINT'],
    ['long', 'BIGINT'],
    ['float', 'DOUBLE'],
    ['boolean', 'BOOLEAN'],
    ['object', 'JSON'],
  ] as const)('columnTypeOf() gives %s the column %s, and a list of them JSON', (type, column) => {
    expect(columnTypeOf({ type, isArray: false })).toBe(column);
    expect(columnTypeOf({ type, isArray: true })).toBe('JSON');
  });
});
