import { describe, expect, it } from 'vitest';
import { clip } from './logger.ts';

describe('clip()', () => {
  it('clip() leaves 256 characters alone and cuts what is longer to 256', () => {
    expect(clip('x'.repeat(256))).toBe('x'.repeat(256));
    expect(clip('x'.repeat(257))).toBe(`${'x'.repeat(255)}…`);
  });

  it('clip() cuts no character in half', () => {
    for (const before of [253, 254, 255]) {
      const cut = clip(`${'x'.repeat(before)}😀${'y'.repeat(100)}`);
      expect(cut.length).toBeLessThanOrEqual(256);
      expect(Buffer.from(cut, 'utf8').toString('utf8')).toBe(cut);
    }
  });
});
