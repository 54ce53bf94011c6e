/** What is remembered of the line before, for `last message repeated N times`. */

/** Longer lines are not remembered: a repetition of one is not understood. */
export const REMEMBERED_LENGTH = 2048;

/** The text to remember; empty when the line is too long. */
export function rememberedText(line: string): string {
  return line.length <= REMEMBERED_LENGTH ? line : '';
}
