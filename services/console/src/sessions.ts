/** Sessions of people who gave the token: random ids, a bound on number and age. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { LIMITS, type LimitListener } from '@mini-soc/model';

export interface Sessions {
  /** A new session id when the token is right; undefined otherwise. Takes the same time either way. */
  readonly open: (token: string) => string | undefined;
  readonly isOpen: (id: string) => boolean;
  readonly close: (id: string) => void;
}

export const SESSION_MS = 12 * 3_600_000;
const MAX_SESSIONS = LIMITS.sessions.value;

export function createSessions(token: string, now: () => Date, onLimit: LimitListener): Sessions {
  const sessions = new Map<string, number>();
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return {
    open(given) {
      if (!timingSafeEqual(digest(given), digest(token))) return undefined;
      const id = randomBytes(24).toString('base64url');
      sessions.set(id, now().getTime() + SESSION_MS);
      if (sessions.size > MAX_SESSIONS) {
        onLimit('sessions');
        sessions.delete(sessions.keys().next().value as string);
      }
      return id;
    },
    isOpen(id) {
      const until = sessions.get(id);
      if (until !== undefined && until <= now().getTime()) sessions.delete(id);
      return sessions.has(id);
    },
    close: (id) => void sessions.delete(id),
  };
}

/** Value of a cookie in a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').slice(0, 4096).split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}
