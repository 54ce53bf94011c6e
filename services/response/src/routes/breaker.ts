/** GET /breaker, DELETE /breaker: rules that are held back, and the person who lets them block again. */
import { askerOf, type HttpApp } from '@mini-soc/service-kit';
import type { ActiveResponse } from '../active-response.ts';
import { toBreakerAct } from '../respond/act-documents.ts';

export interface BreakerRoutesOptions {
  /** What acts; throws while another process does. */
  readonly active: () => Pick<ActiveResponse, 'breaker' | 'note'>;
  readonly now: () => Date;
}

export async function breakerRoutes(app: HttpApp, options: BreakerRoutesOptions): Promise<void> {
  app.get('/breaker', async () => options.active().breaker.open());
  app.delete('/breaker', async (request) => {
    const { breaker, note } = options.active();
    const closed = breaker.close();
    if (closed.length === 0) return { closed };
    const asker = askerOf(request);
    const rules = closed.map(({ rule_name: rule }) => rule);
    await note(toBreakerAct(rules, asker, options.now()));
    request.log.warn(
      { rules, by: asker.name, address: asker.address },
      'Rules that were held back may block again',
    );
    return { closed };
  });
}
