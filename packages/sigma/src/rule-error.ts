import { AppError } from '@mini-soc/model';

/** Makes the error of a place that is known already. */
export type Fail = (sentence: string, cause?: unknown) => Error;

export interface RulePlace {
  readonly file: string;
  /** From 1; 0 when the fault belongs to no line. */
  readonly line: number;
  /** Keys from the top of the document, such as `correlation.timespan`; empty for the whole document. */
  readonly path: string;
}

/** A rule file cannot be used; the message names file, line and path, the wish and the present value. */
export class RuleError extends AppError {
  readonly file: string;
  readonly line: number;
  readonly path: string;
  constructor(message: string, place: RulePlace, cause?: unknown) {
    super('RULE_INVALID', message, { cause });
    this.file = place.file;
    this.line = place.line;
    this.path = place.path;
  }
}

/** `Cannot compile rule "x.yml" (line 3, detection.a): sentence`. */
export function createRuleError(place: RulePlace, sentence: string, cause?: unknown): RuleError {
  const where = [place.line > 0 ? `line ${place.line}` : '', place.path]
    .filter((part) => part !== '')
    .join(', ');
  const suffix = where === '' ? '' : ` (${where})`;
  return new RuleError(`Cannot compile rule "${place.file}"${suffix}: ${sentence}`, place, cause);
}

/** A value as messages show it: JSON, at most 80 characters. */
export function showValue(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
