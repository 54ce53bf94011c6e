/** What an event is worth as evidence for a block, in numbers: what proof.ts judges and an episode sums up. */
import type { EventFlagName } from '@mini-soc/model';

/** What an event adds to the evidence of an episode. */
export interface Worth {
  /** As long as nobody asks for what only the machine that reads could see; 0 when it is worth nothing. */
  readonly trusted: number;
  /** When nothing at all may speak against it. */
  readonly firm: number;
  /** What it is worth besides as soon as the episode has a firm event of the same address. */
  readonly waiting: number;
  /** Flags that took something away. */
  readonly against: readonly EventFlagName[];
}

/** Of the episode before the event. */
export interface WorthBefore {
  /** Time of the event before it; -Infinity when it is the first. */
  readonly lastMs: number;
  readonly trusted: number;
  readonly firm: number;
}
