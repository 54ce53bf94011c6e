import { describe, expect, it } from 'vitest';
import { ignoreLimits } from '@mini-soc/model';
import { createSessions, readCookie, SESSION_MS } from './sessions.ts';

const SESSION = {
  holder: { name: 'operator', may: ['look', 'act'], isService: false },
  token: 't',
} as const;

describe('sessions', () => {
  it('end after their time', () => {
    let nowMs = 0;
    const sessions = createSessions(() => new Date(nowMs), ignoreLimits);
    const id = sessions.open(SESSION);
    nowMs = SESSION_MS - 1;
    expect(sessions.find(id) !== undefined).toBe(true);
    nowMs = SESSION_MS;
    expect(sessions.find(id) !== undefined).toBe(false);
  });

  it('are a hundred at most: the oldest gives way', () => {
    const sessions = createSessions(() => new Date(0), ignoreLimits);
    const ids = Array.from({ length: 101 }, () => sessions.open(SESSION));
    expect(ids.filter((id) => sessions.find(id) !== undefined)).toEqual(ids.slice(1));
  });

  it('say whose they are, and end when they are closed', () => {
    const sessions = createSessions(() => new Date(0), ignoreLimits);
    const id = sessions.open(SESSION);
    expect([sessions.find(id), sessions.find('')]).toEqual([SESSION, undefined]);
    sessions.close(id);
    expect(sessions.find(id)).toBeUndefined();
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
