/** What somebody may do at a service, and what each service may do at each other: one token a pair. */
import type { CalledService, ServiceName } from './services.ts';

/**
 * `look` read what is there · `act` change it · `answer` ask response to decide about an alert ·
 * `enrich` ask for techniques · `note` hand response what a person did, for the trail.
 */
export const PERMISSIONS = ['look', 'act', 'answer', 'enrich', 'note'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface ServicePair {
  readonly caller: ServiceName;
  readonly called: CalledService['name'];
  readonly may: readonly Permission[];
}

/** Each service that calls another; nobody else's token counts there. What a person asks for is done in his name. */
export const SERVICE_PAIRS: readonly ServicePair[] = [
  { caller: 'detection', called: 'response', may: ['look', 'answer', 'note'] },
  { caller: 'detection', called: 'enricher', may: ['look', 'enrich'] },
  { caller: 'console', called: 'detection', may: ['look'] },
  { caller: 'console', called: 'enricher', may: ['look'] },
  { caller: 'console', called: 'response', may: ['look', 'note'] },
];
