/** POST /enrich, GET /collection, GET /search */
import { TECHNIQUES, type TechniqueIndex } from '@mini-soc/attack';
import { enrichmentSchema, severitySchema } from '@mini-soc/model';
import type { HttpApp } from '@mini-soc/service-kit';
import { z } from 'zod';
import { enrichAlert } from '../enrich-alert.ts';

const enrichBody = z.strictObject({
  rule_name: z.string().min(1).max(256),
  source_ip: z.string().max(64).optional(),
  severity: severitySchema,
  details: z.record(z.string().max(256), z.unknown()).default({}),
  tags: z.array(z.string().max(128)).max(64).default([]),
});

export async function enrichRoutes(
  app: HttpApp,
  options: { readonly index: TechniqueIndex },
): Promise<void> {
  app.post(
    '/enrich',
    {
      config: { needs: 'enrich' },
      schema: { body: enrichBody, response: { 200: enrichmentSchema } },
    },
    async (request) => enrichAlert(request.body, options.index),
  );
  app.get('/collection', async () =>
    TECHNIQUES.map(({ keywords: _keywords, ...technique }) => technique),
  );
  app.get(
    '/search',
    {
      schema: {
        querystring: z.strictObject({
          q: z.string().min(1).max(1000),
          size: z.coerce.number().int().min(1).max(50).default(5),
        }),
      },
    },
    async (request) => {
      const found = await options.index.search(request.query.q, request.query.size);
      return found.map(({ technique, confidence }) => ({
        id: technique.id,
        name: technique.name,
        url: technique.url,
        confidence,
      }));
    },
  );
}
