/** A part of the measuring: what it found, for a person and for the floor. */
import type { Rule } from '@mini-soc/sigma';

export interface Measuring {
  readonly rules: readonly Rule[];
  /** Of the generated day; the floor is that of seed 1. */
  readonly seed: number;
  /** Where real logs and lists of commands lie, one folder a repository. */
  readonly logsFolder: string;
  /** Where labelled corpora and the independent count lie. */
  readonly sharedFolder: string;
}

export interface Figures {
  /** Lines for a person. */
  readonly report: readonly string[];
  /** Numbers that must not fall. */
  readonly atLeast: Readonly<Record<string, number>>;
  /** Numbers that must not rise. */
  readonly atMost: Readonly<Record<string, number>>;
}

export interface Part {
  readonly name: string;
  /** A sentence instead of figures says what is not here. Throws when something cannot be evaluated. */
  readonly measure: (measuring: Measuring) => Promise<Figures | string>;
}
