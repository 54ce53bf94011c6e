/** Signing in: the token for a session cookie, which no script and no other site can use. */
import { errorBody, type HttpApp } from '@mini-soc/service-kit';
import { z } from 'zod';
import { readCookie, SESSION_MS, type Sessions } from '../sessions.ts';

export const SESSION_COOKIE = 'soc_session';

export async function sessionRoutes(
  app: HttpApp,
  options: { readonly sessions: Sessions; readonly needsToken: boolean },
): Promise<void> {
  const cookie = (id: string, seconds: number, protocol: string) =>
    `${SESSION_COOKIE}=${id}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}${protocol === 'https' ? '; Secure' : ''}`;
  app.get('/api/session', async (request) => ({
    signed_in:
      !options.needsToken ||
      options.sessions.isOpen(readCookie(request.headers.cookie, SESSION_COOKIE) ?? ''),
  }));
  app.post(
    '/api/session',
    { schema: { body: z.strictObject({ token: z.string().max(1024) }) } },
    async (request, reply) => {
      const id = options.sessions.open(request.body.token);
      if (id === undefined)
        return reply
          .code(401)
          .send(errorBody('TOKEN_WRONG', 'This token is not the one in API_TOKEN'));
      return reply
        .header('set-cookie', cookie(id, SESSION_MS / 1000, request.protocol))
        .send({ signed_in: true });
    },
  );
  app.delete('/api/session', async (request, reply) => {
    options.sessions.close(readCookie(request.headers.cookie, SESSION_COOKIE) ?? '');
    return reply.header('set-cookie', cookie('', 0, request.protocol)).send({ signed_in: false });
  });
}
