import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter, type SplitLine } from './split-lines.ts';

function split(
  bytes: Buffer,
  cuts: readonly number[] = [],
  maxLineBytes = 100,
): readonly SplitLine[] {
  const splitter = createLineSplitter({ maxLineBytes });
  const edges = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  const lines = edges
    .slice(1)
    .flatMap((edge, index) => splitter.push(bytes.subarray(edges[index], edge)));
  return [...lines, ...splitter.end()];
}

const texts = (bytes: string | Buffer) => split(Buffer.from(bytes)).map((line) => line.text);

describe('createLineSplitter()', () => {
  it('ends lines at \\n only and drops a trailing \\r', () => {
    expect(texts('a\r\nb\rc\u000bd\u2028e\u0085f\n\ng')).toEqual([
      'a',
      'b\rc\u000bd\u2028e\u0085f',
      '',
      'g',
    ]);
  });

  it('gives the offset of each line', () => {
    expect(split(Buffer.from('a\nbb\n\u00fcc\nd')).map((line) => line.offset)).toEqual([
      0, 2, 5, 9,
    ]);
  });

  it('waits for the newline', () => {
    const splitter = createLineSplitter({ maxLineBytes: 100 });
    expect(splitter.push(Buffer.from('\u2026port 43'))).toEqual([]);
    expect(splitter.consumed()).toBe(0);
    expect(splitter.push(Buffer.from('358 ssh2\n')).map((line) => line.text)).toEqual([
      '\u2026port 43358 ssh2',
    ]);
    expect(splitter.consumed()).toBe(19);
  });

  it('cuts a line that is too long and skips its rest', () => {
    expect(split(Buffer.from(`${'x'.repeat(250)}\nshort\n`))).toEqual([
      { text: 'x'.repeat(100), offset: 0, flags: ['cut'] },
      { text: 'short', offset: 251, flags: [] },
    ]);
  });

  it('keeps a line of exactly the bound whole', () => {
    expect(split(Buffer.from(`${'x'.repeat(100)}\n`))[0]?.flags).toEqual([]);
  });

  it('replaces and flags invalid UTF-8, and only that', () => {
    expect(
      split(Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0xef, 0xbf, 0xbd, 0x0a])).map(
        ({ text, flags }) => ({ text, flags }),
      ),
    ).toEqual([
      { text: 'a\ufffd\ufffd', flags: ['invalid_utf8'] },
      { text: '\ufffd', flags: [] },
    ]);
  });

  it('skips NULs before a line, counts them, and shows those inside', () => {
    const splitter = createLineSplitter({ maxLineBytes: 10_000 });
    const lines = splitter.push(Buffer.concat([Buffer.alloc(4096), Buffer.from('a\0b\n')]));
    expect(lines.map((line) => line.text)).toEqual(['a\0b']);
    expect(splitter.skippedNuls()).toBe(4096);
  });

  it('skips a byte order mark at the start of the file', () => {
    expect(texts('\ufeffa\n\ufeffb\n')).toEqual(['a', '\ufeffb']);
  });

  it('holds no more than one line of the bound, whatever comes', () => {
    const splitter = createLineSplitter({ maxLineBytes: 10 });
    for (let index = 0; index < 10_000; index += 1) splitter.push(Buffer.alloc(1000, 120));
    expect(splitter.end()).toEqual([{ text: 'x'.repeat(10), offset: 0, flags: ['cut'] }]);
  });

  it('gives the same lines however the bytes are chunked', () => {
    const bytes = fc
      .array(fc.constantFrom(0, 10, 10, 13, 65, 66, 0xc3, 0xbc, 0xff, 0xef, 0xbb, 0xbf), {
        maxLength: 60,
      })
      .map((values) => Buffer.from(values));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), (content, cuts) => {
        expect(split(content, cuts, 7)).toEqual(split(content, [], 7));
      }),
    );
  });
});
