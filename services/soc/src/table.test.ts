import { describe, expect, it } from 'vitest';
import { formatTable } from './table.ts';

describe('formatTable()', () => {
  it('aligns columns', () => {
    expect(
      formatTable(
        ['A', 'LONG'],
        [
          ['1', 'x'],
          ['22', 'y'],
        ],
      ),
    ).toBe('A   LONG\n1   x\n22  y\n');
  });

  it('keeps a hostile cell in its cell', () => {
    expect(formatTable(['A', 'B'], [['\u001b[1A\u001b[2K', 'x\ny']])).not.toMatch(/\u001b|x\ny/);
  });
});
