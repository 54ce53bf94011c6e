/** A service whose refusals are one sentence each: what it is called, where it writes, what it says. */
import type { Sentence, Speaker } from './sentence.ts';

export interface Service extends Speaker {
  readonly name: string;
  readonly title: string;
  readonly programs: readonly string[];
  readonly paths: readonly string[];
  readonly sentences: readonly Sentence[];
  /** Where it writes a file of its own: words of its lines that no other program's have. */
  readonly marks?: readonly string[];
}
