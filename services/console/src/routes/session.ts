/** Signing in: the token for a session cookie, which no script and no other site can use. */
import {
  askerOf,
  errorBody,
  type Asker,
  type Door,
  type Holder,
  type HttpApp,
} from '@mini-soc/service-kit';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readCookie, SESSION_MS, type Session, type Sessions } from '../sessions.ts';

export const SESSION_COOKIE = 'soc_session';

export interface SessionRoutesOptions {
  readonly sessions: Sessions;
  readonly door: Door;
  /** Told who signed in. */
  readonly onSignIn: (asker: Pick<Asker, 'name' | 'address'>) => void;
}

export function sessionOf(request: FastifyRequest, sessions: Sessions): Session | undefined {
  return sessions.find(readCookie(request.headers.cookie, SESSION_COOKIE) ?? '');
}

/** Said of whoever may change nothing, so that the page need not offer it. */
function looksOnly(holder: Holder | undefined): { readonly may_act?: false } {
  return holder === undefined || holder.may.includes('act') ? {} : { may_act: false };
}

export async function sessionRoutes(app: HttpApp, options: SessionRoutesOptions): Promise<void> {
  const { sessions, door } = options;
  const cookie = (id: string, seconds: number, protocol: string) =>
    `${SESSION_COOKIE}=${id}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}${protocol === 'https' ? '; Secure' : ''}`;
  const end = (request: FastifyRequest) =>
    sessions.close(readCookie(request.headers.cookie, SESSION_COOKIE) ?? '');
  app.get('/api/session', async (request) => {
    const session = sessionOf(request, sessions);
    return { signed_in: door.isOpen || session !== undefined, ...looksOnly(session?.holder) };
  });
  app.post(
    '/api/session',
    { schema: { body: z.strictObject({ token: z.string().max(1024) }) } },
    async (request, reply) => {
      const { token } = request.body;
      const { address } = askerOf(request);
      const judged = await door.judge(token, address);
      if (judged.kind === 'unread')
        return reply
          .code(429)
          .header('retry-after', '10')
          .send(errorBody('TOO_MANY_TOKENS', 'Too many wrong tokens came from this address: wait'));
      if (judged.kind === 'wrong' || judged.holder.isService)
        return reply
          .code(401)
          .send(errorBody('TOKEN_WRONG', 'This token is not the one in API_TOKEN'));
      // Whoever had the old id has nothing any more.
      end(request);
      const id = sessions.open({ holder: judged.holder, token });
      options.onSignIn({ name: judged.holder.name, address });
      return reply
        .header('set-cookie', cookie(id, SESSION_MS / 1000, request.protocol))
        .send({ signed_in: true, ...looksOnly(judged.holder) });
    },
  );
  app.delete('/api/session', async (request, reply) => {
    end(request);
    return reply.header('set-cookie', cookie('', 0, request.protocol)).send({ signed_in: false });
  });
}
