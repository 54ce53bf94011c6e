/** POST /trigger: one cycle now; the answer says what it did. */
import type { HttpApp } from '@mini-soc/service-kit';
import { z } from 'zod';
import type { CycleReport } from '@mini-soc/detect';

const ruleReportSchema = z.object({
  id: z.string(),
  name: z.string(),
  candidates: z.number(),
  created: z.number(),
  updated: z.number(),
  tookMs: z.number(),
  error: z.string().optional(),
});
const reportSchema = z.object({
  startedAt: z.string(),
  tookMs: z.number(),
  created: z.number(),
  updated: z.number(),
  rules: z.array(ruleReportSchema),
});

export function triggerRoutes(
  app: HttpApp,
  options: { readonly trigger: () => Promise<CycleReport> },
): void {
  app.post('/trigger', { schema: { response: { 200: reportSchema } } }, async () => {
    const report = await options.trigger();
    return { ...report, rules: report.rules.map((rule) => ({ ...rule })) };
  });
}
