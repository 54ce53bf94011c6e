/** The lane to the enricher: what it knows of the techniques is added to the alert. */
import {
  ENRICHMENT_LANE,
  LIMITS,
  RESPONSE_LANE,
  type Alert,
  type Enrichment,
} from '@mini-soc/model';
import type { Lane } from '../lane.ts';

export interface Enricher {
  /** Throws ServiceCallError. */
  readonly enrich: (alert: Alert) => Promise<Enrichment>;
  /** It answers from memory: an alert is enriched with its answer, in one write. */
  readonly isAtHand?: boolean;
}

export const ENRICH_TIMEOUT_MS = 3000;

export function createEnrichmentLane({ enrich, isAtHand = false }: Enricher): Lane {
  return {
    name: ENRICHMENT_LANE,
    wants: (alert) => alert.about_product !== true,
    send: async (alert) => {
      const found = additionsOf(await enrich(alert));
      return {
        change: (present) => ({ ...present, details: { ...present.details, ...found } }),
      };
    },
    ...(isAtHand ? { isAtHand, after: [RESPONSE_LANE] } : {}),
    patienceMs: ENRICH_TIMEOUT_MS,
    againWhenClimbing: false,
    attempts: {
      most: LIMITS.enrich_attempts.value,
      counts: 'failures',
      limit: 'enrich_attempts',
    },
  };
}

/** What of the answer stands in an alert. */
function additionsOf(found: Enrichment): Enrichment {
  const { mitre_techniques, mitre_tactics, mitre_urls, threat_confidence, threat_summary } = found;
  return { mitre_techniques, mitre_tactics, mitre_urls, threat_confidence, threat_summary };
}
