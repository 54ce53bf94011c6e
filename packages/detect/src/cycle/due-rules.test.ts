import { describe, expect, it } from 'vitest';
import { createDueRules } from './due-rules.ts';

describe('createDueRules()', () => {
  it('createDueRules() keeps a rule due from the first look until a cycle took what is stored', () => {
    const due = createDueRules();
    expect(due.isDue('a')).toBe(false);
    const stored = due.expect(new Set(['a']));
    expect(due.isDue('a')).toBe(true);
    expect(due.take()).toEqual(new Set()); // a cycle before it is stored settles nothing
    expect(due.isDue('a')).toBe(true);
    stored();
    expect(due.take()).toEqual(new Set(['a']));
    expect(due.isDue('a')).toBe(false);
  });

  it('createDueRules() counts batches, each once', () => {
    const due = createDueRules();
    const first = due.expect(new Set(['a', 'b']));
    const second = due.expect(new Set(['a']));
    first();
    first();
    due.take();
    expect([due.isDue('a'), due.isDue('b')]).toEqual([true, false]);
    second();
    due.take();
    expect(due.isDue('a')).toBe(false);
  });

  it('createDueRules() keeps the rules of a batch due of which nothing more is heard', () => {
    const due = createDueRules();
    due.expect(new Set(['a']));
    for (let cycle = 0; cycle < 3; cycle += 1) due.take();
    expect(due.isDue('a')).toBe(true);
  });

  it('createDueRules() gives the rules that wait for a cycle apart, and leaves the others due', () => {
    const due = createDueRules();
    due.expect(new Set(['a', 'b']), new Set(['b']))();
    const later = due.expect(new Set(['c', 'd']), new Set(['d']));
    expect(due.take('waiting')).toEqual(new Set(['b']));
    expect(due.take('waiting')).toEqual(new Set());
    expect(['a', 'b', 'c', 'd'].map(due.isDue)).toEqual([true, false, true, true]);
    later();
    expect(due.take('all')).toEqual(new Set(['a', 'c', 'd']));
    expect(due.take('waiting')).toEqual(new Set());
  });

  it('createDueRules() makes a rule due again that could not be looked at', () => {
    const due = createDueRules();
    due.expect(new Set(['a']))();
    for (const id of due.take()) due.putBack(id);
    expect(due.isDue('a')).toBe(true);
  });
});
