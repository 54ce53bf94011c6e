import { FIREWALLS } from '@mini-soc/model';
import { expect, it } from 'vitest';
import { POINTS } from './points.ts';

it('POINTS has each firewall that RESPONSE_FIREWALL may name, in the order in which auto tries them', () => {
  const local = POINTS.filter((point) => point.kind === 'local');
  expect(local.map((point) => point.name)).toEqual(FIREWALLS);
});

it('POINTS has names that can be labels and parts of file names, each once', () => {
  const names = POINTS.map((point) => point.name);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]{0,31}$/);
  expect(new Set(names).size).toBe(names.length);
});
