/** Asking the enricher about alerts, and what its answers change in them. */
import { LIMITS, type Alert } from '@mini-soc/model';
import { withTimeLimit } from '@mini-soc/service-kit';
import type { VersionedAlert } from '@mini-soc/store';
import { type AlertWrite, createPause } from '@mini-soc/detect';
import type { Lane } from './dispatch-lane.ts';
import type { DispatchOptions } from './dispatch-options.ts';
import { ENRICH_TIMEOUT_MS } from './http-ports.ts';
export const MAX_ENRICH_ATTEMPTS = LIMITS.enrich_attempts.value;

export async function enrichOrCount(
  options: DispatchOptions,
  versioned: VersionedAlert,
  lane: Lane,
): Promise<AlertWrite> {
  try {
    return { versioned, apply: await enrichmentOf(options, versioned.alert) };
  } catch (error) {
    if (lane.attemptsOf(versioned.alert) + 1 >= MAX_ENRICH_ATTEMPTS)
      options.onLimit?.('enrich_attempts');
    throw error;
  }
}

/** What an enricher at hand adds to these alerts; those it fails for have their own turn. */
export async function enrichedNow(
  options: DispatchOptions,
  waiting: readonly VersionedAlert[],
): Promise<ReadonlyMap<string, AlertWrite['apply']>> {
  const additions = new Map<string, AlertWrite['apply']>();
  const pause = createPause(100);
  for (const { alert } of waiting) {
    if (alert.enriched) continue;
    try {
      additions.set(alert.alert_id, await enrichmentOf(options, alert));
    } catch {
      return additions;
    }
    await pause();
  }
  return additions;
}

async function enrichmentOf(
  options: DispatchOptions,
  alert: Alert,
): Promise<(present: Alert) => Alert> {
  const { mitre_techniques, mitre_tactics, mitre_urls, threat_confidence, threat_summary } =
    await withTimeLimit(
      options.enricher.enrich(alert),
      ENRICH_TIMEOUT_MS,
      `No answer within ${ENRICH_TIMEOUT_MS} ms`,
    );
  return (present) => ({
    ...present,
    enriched: true,
    updated_at: options.now().toISOString(),
    details: {
      ...present.details,
      mitre_techniques,
      mitre_tactics,
      mitre_urls,
      threat_confidence,
      threat_summary,
    },
  });
}
