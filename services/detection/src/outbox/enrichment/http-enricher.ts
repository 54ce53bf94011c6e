/** The enricher over HTTP. */
import { enrichmentSchema, type Alert } from '@mini-soc/model';
import { requestJson } from '@mini-soc/service-kit';
import type { ServiceAddress } from '../service-address.ts';
import { ENRICH_TIMEOUT_MS, type Enricher } from './enrichment-lane.ts';

/** What the enricher is asked about an alert. */
export function enrichmentRequestOf(alert: Alert) {
  return {
    rule_name: alert.rule_name,
    severity: alert.severity,
    details: alert.details,
    tags: alert.details.rule_tags,
  };
}

export function createHttpEnricher(address: ServiceAddress): Enricher {
  return {
    enrich: (alert) =>
      requestJson(`${address.url}/enrich`, {
        method: 'POST',
        body: {
          ...enrichmentRequestOf(alert),
          ...(alert.source_ip === undefined ? {} : { source_ip: alert.source_ip }),
        },
        token: address.token,
        timeoutMs: ENRICH_TIMEOUT_MS,
        answer: enrichmentSchema,
        fetch: address.fetch,
      }),
  };
}
