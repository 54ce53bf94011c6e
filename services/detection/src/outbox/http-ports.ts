/** The ports to response and enricher, and their HTTP adapters. */
import {
  decisionSchema,
  enrichmentSchema,
  type Alert,
  type Decision,
  type Enrichment,
} from '@mini-soc/model';
import { requestJson, type Fetch } from '@mini-soc/service-kit';

/** What response says of an alert. */
export type Answer = Pick<Decision, 'action' | 'outcome' | 'reason' | 'retry_at'>;

export interface Responder {
  /** Idempotent by alert and severity. Throws ServiceCallError. */
  readonly respond: (alert: Alert) => Promise<Answer>;
  /** As `respond` for each in their order, with one write for all; absent where it is not cheaper. */
  readonly respondAll?: (alerts: readonly Alert[]) => Promise<readonly Answer[]>;
}

export interface Enricher {
  /** Throws ServiceCallError. */
  readonly enrich: (alert: Alert) => Promise<Enrichment>;
  /** It answers from memory: an alert is enriched with its answer, in one write. */
  readonly isAtHand?: boolean;
}

export interface ServiceAddress {
  /** Without a slash at the end. */
  readonly url: string;
  /** Bearer token; none when empty. */
  readonly token: string;
  /** Another transport than the network. */
  readonly fetch?: Fetch;
}

const RESPOND_TIMEOUT_MS = 5000;
export const ENRICH_TIMEOUT_MS = 3000;

export function createHttpResponder(address: ServiceAddress): Responder {
  return {
    respond: (alert) =>
      requestJson(`${address.url}/respond`, {
        method: 'POST',
        body: alert,
        token: address.token,
        timeoutMs: RESPOND_TIMEOUT_MS,
        answer: decisionSchema,
        fetch: address.fetch,
      }),
  };
}

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
