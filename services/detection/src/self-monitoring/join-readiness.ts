/** What GET /ready says of detection: the store, the cycle, its own parts and those of the host. */
import type { Readiness } from '@mini-soc/service-kit';
import type { HostPart } from './host-part.ts';

export interface ReadinessFacts {
  /** `ok`, or why the store does not answer. */
  readonly storeState: string;
  /** Why the last cycle failed. */
  readonly lastFailure: string | undefined;
  readonly own: Readonly<Record<string, HostPart>>;
  readonly host: Readonly<Record<string, HostPart>>;
  readonly dispatch: string;
}

/** Ready while store and cycle work; degraded by each part that asks for a person. */
export function joinReadiness(facts: ReadinessFacts): Readiness {
  const { storeState, lastFailure, own, host } = facts;
  const parts = [...Object.entries(own), ...Object.entries(host)];
  return {
    ready: storeState === 'ok' && lastFailure === undefined,
    parts: {
      store: storeState,
      cycle: lastFailure ?? 'ok',
      ...Object.fromEntries(parts.map(([name, { state }]) => [name, state])),
      dispatch: facts.dispatch,
    },
    degraded: parts.filter(([, { isWell }]) => !isWell).map(([name]) => name),
  };
}
