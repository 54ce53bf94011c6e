import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LONGEST } from './longest-first.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

describe('LONGEST', () => {
  it.each(LONGEST)('LONGEST names tests that there are: %s', (start) => {
    const folder = path.dirname(`${start}x`);
    const files = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    expect(
      files.filter((file) => `${folder}/${file}`.startsWith(start) && file.endsWith('.test.ts')),
    ).not.toEqual([]);
  });
});
