import { compareSeverity } from '@mini-soc/model';
import type { LanesFor } from '../src/alerts/build-alert.ts';

/** As detection has them: response is asked again when severity climbs, the enricher is not. */
export const twoLanes: LanesFor = (alert, before) => {
  if (before === undefined) return ['response', 'enrichment'];
  return compareSeverity(alert.severity, before.severity) > 0 ? ['response'] : [];
};
