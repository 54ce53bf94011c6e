import { describe, expect, it } from 'vitest';
import { extendProperties } from './extend-mappings.ts';

const KEYWORD = { type: 'keyword' };
const wanted = {
  a: KEYWORD,
  b: { type: 'ip', fields: { keyword: KEYWORD } },
  host: { properties: { name: { type: 'alias', path: 'a' }, ip: { type: 'alias', path: 'b' } } },
};

describe('extendProperties()', () => {
  it('extendProperties() finds nothing to do in an index of today', () => {
    expect(extendProperties(wanted, wanted)).toEqual({ missing: {}, conflicts: [] });
  });

  it('extendProperties() adds fields, aliases below an object, and fields below a field', () => {
    const present = {
      b: { type: 'ip', ignore_malformed: true, fields: { text: { type: 'text' } } },
      host: { properties: { name: { type: 'alias', path: 'a' } } },
    };
    expect(extendProperties(wanted, present)).toEqual({
      missing: {
        a: KEYWORD,
        b: {
          type: 'ip',
          ignore_malformed: true,
          fields: { text: { type: 'text' }, keyword: KEYWORD },
        },
        host: { properties: { ip: { type: 'alias', path: 'b' } } },
      },
      conflicts: [],
    });
  });

  it('extendProperties() leaves what has another type, and names every field it concerns', () => {
    const { missing, conflicts } = extendProperties(wanted, {
      a: { type: 'text' },
      b: { type: 'ip', fields: { keyword: { type: 'text' } } },
      host: KEYWORD,
    });
    expect(missing).toEqual({});
    expect(conflicts).toEqual([
      { field: 'a', reason: 'it is text there, and keyword now' },
      { field: 'b.keyword', reason: 'it is text there, and keyword now' },
      { field: 'host.name', reason: 'it is keyword there, and object now' },
      { field: 'host.ip', reason: 'it is keyword there, and object now' },
    ]);
  });
});
