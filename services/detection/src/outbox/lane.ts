/**
 * A lane: one way out for alerts. An alert names in `waits_for` the lanes that have not acknowledged it, so
 * it leaves on each of them at least once, whatever restarts and whoever is down meanwhile. Every lane has
 * a loop and a memory of failures of its own: none delays another.
 */
import type { Alert, LimitName } from '@mini-soc/model';

export interface Lane {
  /** As it stands in `waits_for`: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Whether the alert leaves here at all. Depends on the alert alone: what changes is judged before and after. */
  readonly wants: (alert: Alert) => boolean;
  /**
   * Sends the alert as it is now. The other side knows it by id and severity: after a crash in the wrong
   * moment it comes again. What throws is tried again; a ServiceCallError says whether that helps.
   */
  readonly send: (alert: Alert) => Promise<Receipt>;
  /** As `send` for each in their order; absent where it is not cheaper. */
  readonly sendAll?: (alerts: readonly Alert[]) => Promise<readonly Receipt[]>;
  /**
   * Lanes that come first: an alert leaves here when they have acknowledged it, failed at it, or had it
   * for half a minute.
   */
  readonly after?: readonly string[];
  /** A call that takes longer has failed, milliseconds. */
  readonly patienceMs: number;
  readonly attempts: LaneAttempts;
  /** Whether an alert is sent again when it is more severe or better proven than what was sent. */
  readonly againWhenClimbing: boolean;
  /** Calls side by side. Default 2. */
  readonly parallel?: number;
  /** It is asked as soon as there is an alert, while that is being stored; others when a cycle is over. */
  readonly isUrgent?: boolean;
  /** It answers from memory: it is asked with the lanes that come first, and written with their answers. */
  readonly isAtHand?: boolean;
}

export interface LaneAttempts {
  /** Attempts after which it gives up. Default: the limit `lane_attempts`. */
  readonly most?: number;
  /** What counts: every failure, or only what stays refused however often it is asked. */
  readonly counts: 'failures' | 'refusals';
  /** What is counted when it gives up. Default `lane_attempts`. */
  readonly limit?: LimitName;
  /** Taken as its acknowledgement then; without it, the alert waits until the process starts again. */
  readonly giveUp?: (alert: Alert, error: unknown) => Receipt;
}

/** What became of an alert that was sent. `{}`: the other side has it. */
export interface Receipt {
  /** The other side cannot take it yet: the alert goes on waiting and is sent again then, milliseconds. */
  readonly againAtMs?: number;
  /**
   * What it adds to the alert as that is now; undefined when nothing. For which lanes the alert waits is
   * not its affair. Called again when somebody else changed the alert meanwhile.
   */
  readonly change?: (present: Alert) => Alert | undefined;
}

/** What a lane says of an alert. */
export interface LaneAnswer {
  readonly lane: Lane;
  /** The alert as it was sent. */
  readonly sent: Alert;
  readonly receipt: Receipt;
}
