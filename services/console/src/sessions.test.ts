import { describe, expect, it } from 'vitest';
import { ignoreLimits } from '@mini-soc/model';
import { createSessions, readCookie, SESSION_MS } from './sessions.ts';

describe('sessions', () => {
  it('end after their time', () => {
    let nowMs = 0;
    const sessions = createSessions('t', () => new Date(nowMs), ignoreLimits);
    const id = sessions.open('t') ?? '';
    nowMs = SESSION_MS - 1;
    expect(sessions.isOpen(id)).toBe(true);
    nowMs = SESSION_MS;
    expect(sessions.isOpen(id)).toBe(false);
  });

  it('are a hundred at most: the oldest gives way', () => {
    const sessions = createSessions('t', () => new Date(0), ignoreLimits);
    const ids = Array.from({ length: 101 }, () => sessions.open('t') ?? '');
    expect(ids.filter((id) => sessions.isOpen(id))).toEqual(ids.slice(1));
  });

  it('open for nobody without the token', () => {
    const sessions = createSessions('t', () => new Date(0), ignoreLimits);
    expect([sessions.open(''), sessions.open('tt'), sessions.isOpen('')]).toEqual([
      undefined,
      undefined,
      false,
    ]);
  });
});

describe('readCookie', () => {
  it.each([
    [undefined, undefined],
    ['a=1; soc_session=x', 'x'],
    ['soc_session=x=y', 'x=y'],
    ['xsoc_session=1', undefined],
    [`${'a=1;'.repeat(5000)}soc_session=x`, undefined],
  ])('%.40j → %j', (header, value) => {
    expect(readCookie(header, 'soc_session')).toBe(value);
  });
});
