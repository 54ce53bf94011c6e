import { EVENT_FIELDS, type SocEvent } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { fieldsOfFilter } from './filter-fields.ts';
import { createFilterIndex } from './filter-index.ts';
import { compileKindTest, filterOfKind, KIND_FIELDS } from './kinds.ts';
import { compileFilter, compileWildcard, foldCase } from './matches-filter.ts';
import { neededLiterals } from './needed-literals.ts';
import type { Filter, WildcardPiece } from './query.ts';

/** Few characters, so that texts meet: letters of both cases, folding oddities, halves of pairs. */
const text = fc
  .array(
    fc.constantFrom('a', 'B', 'b', '/', '.', ' ', 'é', 'K', 'İ', 'ß', '😀', '\ud83d', '\ude00'),
    { maxLength: 9 },
  )
  .map((parts) => parts.join(''));
const FIELDS = ['command', 'program', 'status', 'username', 'pid', 'flags', 'extra.a', 'message'];
const field = fc.constantFrom(...FIELDS);

const piece: fc.Arbitrary<WildcardPiece> = fc.oneof(
  { weight: 4, arbitrary: text.map((one): WildcardPiece => ({ kind: 'text', text: one })) },
  { weight: 3, arbitrary: fc.constant<WildcardPiece>({ kind: 'many' }) },
  { weight: 1, arbitrary: fc.constant<WildcardPiece>({ kind: 'one' }) },
);

/** Expressions of the allowed subset, by construction. */
const expression: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        'B',
        'ab',
        '/',
        '\\.',
        '.',
        '\\s',
        '[aB]',
        '\\x61',
        '^',
        '$',
        '\\b',
        'é',
      ),
      fc.constantFrom('a?', 'b{0,2}', 'b{2}', 'a??', '(?:ab|B/)', '(a|b)?', '(?:Ba)', '{', 'a{,2}'),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const regexp = fc
  .tuple(expression, fc.option(expression), fc.constantFrom('', '+', '*'))
  .map(([one, other, repeat]) => `b${repeat}${one}${other === null ? '' : `|${other}`}`);

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ kind: fc.constant('equals' as const), field, value: text, cased: fc.boolean() }),
  fc.record({
    kind: fc.constant('wildcard' as const),
    field,
    pattern: fc.array(piece, { maxLength: 5 }),
    cased: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('regexp' as const),
    field,
    source: regexp,
    flags: fc.constantFrom('', 'i', 'ms'),
  }),
  fc.record({ kind: fc.constant('exists' as const), field }),
  fc.record({
    kind: fc.constant('compare' as const),
    field,
    operator: fc.constantFrom('lt' as const, 'gte' as const),
    value: fc.constantFrom(1, 7),
  }),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('all' as const, 'any' as const),
        of: fc.array(tie('filter'), { maxLength: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('not' as const), of: tie('filter') }) },
  ),
}));

const value = fc.oneof(text, fc.integer({ min: 0, max: 9 }), fc.array(text, { maxLength: 2 }));
/** Shapes that no schema allows too: what is stored may be older than the schema. */
const event = fc
  .record(
    {
      command: value,
      program: text,
      status: value,
      username: text,
      pid: fc.oneof(fc.integer({ min: 0, max: 9 }), text),
      flags: fc.array(text, { maxLength: 2 }),
      message: text,
      extra: fc.record({ a: value }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  )
  .map((fields) => fields as unknown as Partial<SocEvent>);

describe('createFilterIndex()', () => {
  it('createFilterIndex() answers what every filter answers by itself', () => {
    fc.assert(
      fc.property(
        fc.array(filter, { maxLength: 12 }),
        fc.array(event, { maxLength: 6 }),
        (filters, events) => {
          const index = createFilterIndex(filters);
          const alone = filters.map(compileFilter);
          for (const one of events)
            expect(index.matching(one)).toEqual(
              alone.flatMap((matches, at) => (matches(one) ? [at] : [])),
            );
        },
      ),
      { numRuns: propertyRuns(5000) },
    );
  });
});

describe('neededLiterals()', () => {
  it('neededLiterals() names nothing that a match can do without', () => {
    fc.assert(
      fc.property(regexp, fc.constantFrom('', 'i', 's'), text, text, (source, flags, a, b) => {
        const needed = neededLiterals(source);
        for (const one of [a, b, `b${a}ab${b}`, `bab/.${a}`]) {
          if (needed === undefined || !new RegExp(source, flags).test(one)) continue;
          expect(needed.some((literal) => foldCase(one).includes(literal))).toBe(true);
        }
      }),
      { numRuns: propertyRuns(5000) },
    );
  });

  it.each([
    ['nc\\s+-e', ['nc']],
    ['(?:curl|wget)\\s', ['curl', 'wget']],
    ['/etc/shadow\\b', ['/etc/shadow']],
    ['bash( -i)?', ['bash']],
    ['ab+c?d', ['ab']],
    ['[abc].*', undefined],
    ['a|.', undefined],
    ['x{0,3}', undefined],
    ['\\x41bcd', ['bcd']],
    ['Python3{2}x', ['python3']],
  ])('neededLiterals() of %s', (source, wanted) => {
    expect(neededLiterals(source)).toEqual(wanted);
  });
});

describe('compileKindTest()', () => {
  it('compileKindTest() turns away no kind of which an event matches', () => {
    fc.assert(
      fc.property(filter, event, (one, happened) => {
        if (!compileFilter(one)(happened)) return;
        const kind = Object.fromEntries(
          Object.entries(happened).filter(([name]) => KIND_FIELDS.some((known) => known === name)),
        );
        expect(compileKindTest(one)(kind)).toBe(true);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('compileKindTest() turns away a kind that has another action, whatever else is asked', () => {
    const test = compileKindTest({
      kind: 'all',
      of: [
        { kind: 'equals', field: 'action', value: 'http_request', cased: false },
        { kind: 'not', of: { kind: 'equals', field: 'url_path', value: '/', cased: false } },
      ],
    });
    expect(test({ action: 'ssh_login' })).toBe(false);
    expect(test({ action: 'HTTP_request' })).toBe(true);
  });
});

describe('filterOfKind()', () => {
  it('filterOfKind() leaves of a filter what decides for events of the kind', () => {
    fc.assert(
      fc.property(filter, event, (one, happened) => {
        const kind = Object.fromEntries(
          Object.entries(happened).filter(([name]) => KIND_FIELDS.some((known) => known === name)),
        );
        const left = filterOfKind(one, kind);
        const isMet = typeof left === 'boolean' ? left : compileFilter(left)(happened);
        expect(isMet).toBe(compileFilter(one)(happened));
        if (typeof left !== 'boolean')
          for (const name of fieldsOfFilter(left)) expect(KIND_FIELDS).not.toContain(name);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });
});

describe('compileWildcard()', () => {
  it('compileWildcard() says of whole texts what a regular expression over characters says', () => {
    const escape = (one: string) => one.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), text, (pattern, one) => {
        const source = pattern.map((part) =>
          part.kind === 'text' ? escape(foldCase(part.text)) : part.kind === 'many' ? '.*' : '.',
        );
        const wanted = new RegExp(`^${source.join('')}$`, 'su').test(foldCase(one));
        expect(compileWildcard(pattern, false)(one)).toBe(wanted);
      }),
      { numRuns: propertyRuns(5000) },
    );
  });
});

it('the fields of a kind are fields of one value', () => {
  for (const name of KIND_FIELDS)
    expect(EVENT_FIELDS.find((known) => known.name === name)?.isArray).toBe(false);
});
