/** Sessions of people who gave a token: random ids, a bound on number and age. */
import { randomBytes } from 'node:crypto';
import { LIMITS, type LimitListener } from '@mini-soc/model';
import type { Holder } from '@mini-soc/service-kit';

/** What a session is for: whose token was given, and the token itself, in which name the console acts. */
export interface Session {
  readonly holder: Holder;
  readonly token: string;
}

export interface Sessions {
  /** A new session id. */
  readonly open: (session: Session) => string;
  readonly find: (id: string) => Session | undefined;
  readonly close: (id: string) => void;
}

export const SESSION_MS = 12 * 3_600_000;
const MAX_SESSIONS = LIMITS.sessions.value;

export function createSessions(now: () => Date, onLimit: LimitListener): Sessions {
  const sessions = new Map<string, { readonly session: Session; readonly untilMs: number }>();
  return {
    open(session) {
      const id = randomBytes(24).toString('base64url');
      sessions.set(id, { session, untilMs: now().getTime() + SESSION_MS });
      if (sessions.size > MAX_SESSIONS) {
        onLimit('sessions');
        sessions.delete(sessions.keys().next().value as string);
      }
      return id;
    },
    find(id) {
      const found = sessions.get(id);
      if (found !== undefined && found.untilMs <= now().getTime()) sessions.delete(id);
      return sessions.get(id)?.session;
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
