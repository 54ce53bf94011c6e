import type { ruleTestSchema, ResponseAction, Severity } from '@mini-soc/model';
import type { Filter, Query } from '@mini-soc/query';
import type { z } from 'zod';

export type RuleTest = Readonly<z.infer<typeof ruleTestSchema>>;

/** One detection of a rule file: what it matches and what a match of it means. */
export interface RuleMember {
  readonly name: string;
  readonly title: string;
  readonly filter: Filter;
  /** Severity of a match, when the document says one. */
  readonly level: Severity | undefined;
  readonly tags: readonly string[];
}

/** Events that, when they came before with the same values, make an alert needless. */
export interface RulePast {
  readonly name: string;
  readonly filter: Filter;
  /** Entity fields whose values are to be the same. */
  readonly same: readonly string[];
  readonly withinMs: number;
  readonly atLeast: number;
  /** Events of the very moment explain, too: logs have seconds. Not where the last step of a sequence may be one. */
  readonly withMoment: boolean;
  /** So long the events of the detection must go back before their absence says anything. */
  readonly learnMs: number;
  /** Alerts of this severity and more are raised all the same. */
  readonly below: Severity | undefined;
  /** What reached the threshold in less time is told all the same. */
  readonly slowerThanMs: number;
}

/** A checked rule: plain frozen data. */
export interface Rule {
  /** File name without ending; with `.NAME` after it when a file holds several rules. */
  readonly id: string;
  /** What alerts call it: the title. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly file: string;
  /** Severity at the threshold. */
  readonly level: Severity;
  readonly tags: readonly string[];
  readonly query: Query;
  /** The detections behind the query, in the order of the file. */
  readonly members: readonly RuleMember[];
  /** `member`: severity also follows the detections that matched. */
  readonly severityBy: 'count' | 'member';
  /** Severity from this measure on, highest first. */
  readonly severitySteps: readonly { readonly gte: number; readonly level: Severity }[];
  /** An episode ends when no matching event came for this long; at least the window. */
  readonly suppressMs: number;
  /** The strongest answer this rule allows. */
  readonly response: ResponseAction;
  /** What of an episode's events a block needs; an alert with less of it asks for a ticket. */
  readonly proof:
    { readonly filter: Filter; readonly atLeast: number; readonly share: number } | undefined;
  /** True when a third party could forge the evidence. */
  readonly spoofable: boolean;
  readonly summary: string | undefined;
  readonly enabled: boolean;
  /** Why no event can ever make it fire; absent when one can. */
  readonly cannotFire?: string;
  /** It fires only for the first episode of an entity; before the learning time is over, for none. */
  readonly firstSeen?: { readonly learnMs: number };
  /** It fires only when a window holds more than the median of the past plus `factor` deviations. */
  readonly baseline?: { readonly learnMs: number; readonly factor: number };
  /** It does not fire for what reaches the threshold within this shorter window as well. */
  readonly notWithinMs?: number;
  /** It does not fire where events of another detection explain what happened. */
  readonly unless?: RulePast;
  readonly tests: readonly RuleTest[];
  /** Sentences about what the file says and probably does not mean. */
  readonly warnings: readonly string[];
}

/** Freezes plain data all the way down. */
export function freezeDeep<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freezeDeep(inner);
  }
  return value;
}
