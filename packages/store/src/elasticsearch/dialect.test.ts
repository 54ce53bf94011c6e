import { describe, expect, it } from 'vitest';
import type { Filter } from '@mini-soc/query';
import {
  compileFilterToElasticsearch,
  groupableField,
  HAS_UNINDEXED,
  indexedField,
} from './dialect.ts';

const equals = (field: string, value: string, cased = false): Filter => ({
  kind: 'equals',
  field,
  value,
  cased,
});
/** Without the clause that lets documents with values too long to be indexed through. */
function compiled(filter: Filter) {
  const { query, exact } = compileFilterToElasticsearch(filter);
  const { bool } = query as { readonly bool?: { readonly should?: readonly unknown[] } };
  expect(bool?.should?.[1]).toBe(HAS_UNINDEXED);
  return { query: bool?.should?.[0], exact };
}
const pattern = (query: unknown) =>
  Object.values((query as { readonly regexp: Record<string, { value: string }> }).regexp)[0]?.value;
const ANYTHING = { query: { match_all: {} }, exact: false };

describe('compileFilterToElasticsearch()', () => {
  it('spells out what folds to the same character, beyond ASCII too', () => {
    const { query, exact } = compiled(equals('action', 'ki_ß.'));
    expect(exact).toBe(true);
    expect(pattern(query)).toBe('[kK\u212a][iI\u0130]\\_[\u00df\u1e9e]\\.');
  });

  it('takes a term where case does not matter', () => {
    expect(compiled(equals('command', '4625')).query).toEqual({ term: { command: '4625' } });
    expect(compiled(equals('command', 'Ab', true)).query).toEqual({ term: { command: 'Ab' } });
    expect(compiled(equals('source_ip', '203.0.113.7')).query).toEqual({
      term: { 'source_ip.keyword': '203.0.113.7' },
    });
  });

  it.each<[string, Filter]>([
    ['analysed text', equals('message', 'x')],
    ['dates', equals('@timestamp', 'x')],
    ['names that are no plain key', equals('extra.a b', 'x')],
    ['what a flattened field does not index', { kind: 'exists', field: 'extra.a' }],
    ['patterns over one key of a flattened field', {
      kind: 'wildcard', field: 'extra.a', pattern: [{ kind: 'many' }], cased: false,
    }],
    ['the negation of more than was meant', {
      kind: 'not', of: { kind: 'regexp', field: 'command', source: 'x', flags: '' },
    }],
  ])('leaves %s to the oracle', (_, filter) => {
    expect(compileFilterToElasticsearch(filter)).toEqual(ANYTHING);
  }); // prettier-ignore

  it('lets more through, and says so, where a pattern would grow too large', () => {
    const long = compiled(equals('command', 'k'.repeat(5000)));
    expect(long.exact).toBe(false);
    expect(pattern(long.query)).toMatch(/^(\[kK\u212a\]){10,}\.\*$/);
    expect(pattern(long.query)?.length).toBeLessThanOrEqual(1000);
    const singles = compiled({
      kind: 'wildcard',
      field: 'command',
      pattern: [{ kind: 'many' }, ...Array.from({ length: 20 }, () => ({ kind: 'one' as const }))],
      cased: true,
    });
    expect(singles).toMatchObject({
      exact: false,
      query: { regexp: { command: { value: '.*' } } },
    });
  });

  it('ends at a depth the server takes', () => {
    let deep: Filter = equals('pid', '1');
    for (let depth = 0; depth < 100; depth += 1) deep = { kind: 'all', of: [deep] };
    expect(compileFilterToElasticsearch(deep).exact).toBe(false);
    expect(JSON.stringify(compileFilterToElasticsearch(deep)).split('bool').length).toBeLessThan(
      25,
    );
  });

  it('moves a limit between whole numbers to the one that changes nothing', () => {
    const compare = (operator: 'lt' | 'lte' | 'gt' | 'gte', value: number) =>
      compiled({ kind: 'compare', field: 'http_status', operator, value }).query;
    expect(compare('lt', 404.5)).toEqual({ range: { http_status: { lt: 405 } } });
    expect(compare('gt', 404.5)).toEqual({ range: { http_status: { gt: 404 } } });
    expect(compare('lt', 1e300)).toEqual({ exists: { field: 'http_status' } });
    expect(compare('gt', 1e300)).toEqual({ match_none: {} });
  });

  it('matches nothing with half of a surrogate pair, which no document can hold', () => {
    expect(compiled(equals('command', 'a\ud800'))).toEqual({
      query: { match_none: {} },
      exact: true,
    });
  });
});

describe('groupableField()', () => {
  it('is a scalar under its own text', () => {
    expect(groupableField('source_ip')).toEqual({ path: 'source_ip.keyword', type: 'keyword' });
    expect(groupableField('flags')).toBeUndefined();
    expect(groupableField('extra.a')).toBeUndefined();
    expect(groupableField('message')).toBeUndefined();
    expect(indexedField('extra.a')).toEqual({ path: 'extra.a', type: 'flattened' });
  });
});
