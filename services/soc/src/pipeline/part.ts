/** A part of the pipeline in one process: a service, an input, something that is kept beside them. */
import type { HostPart } from '@mini-soc/detection';
import type { Host, Undo } from './host.ts';

export interface Part {
  readonly name: string;
  /**
   * Builds it and lets it listen. Each step given to `undo` is taken when the pipeline stops, the last
   * first, also when a part after it cannot start. Throws what hinders it.
   */
  readonly start: (host: Host, undo: Undo) => Promise<Started>;
}

export interface Started {
  /** Begins its work, when every part has started. */
  readonly begin?: () => Promise<void>;
  /** Its line of detection's /ready. */
  readonly ready?: () => HostPart;
}
