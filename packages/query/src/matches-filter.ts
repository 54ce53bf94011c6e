/**
 * The oracle: what a filter means, in plain TypeScript. Dialects must agree with it. A filter is
 * turned into closures once (no code generation), then asked for many events.
 */
import { isInRange, parseIpAddress, parseIpRange, type SocEvent } from '@mini-soc/model';
import { createClock, isWithin } from './clock.ts';
import { compileRegexp } from './compile-regexp.ts';
import type { Filter, WildcardPiece } from './query.ts';
import { fieldReader, fieldText } from './read-field.ts';

/** Asks of an event the fields that the filter names, no others. */
export type Predicate = (event: Partial<SocEvent>) => boolean;

/** True when the event matches. For many events, compile the filter once. */
export function matchesFilter(filter: Filter, event: SocEvent): boolean {
  return compileFilter(filter)(event);
}

/** Throws RangeError for a regular expression that is not safe or a range that is none. */
export function compileFilter(filter: Filter): Predicate {
  switch (filter.kind) {
    case 'all': {
      const parts = cheapestFirst(filter.of).map(compileFilter);
      return (event) => parts.every((part) => part(event));
    }
    case 'any': {
      const parts = cheapestFirst(filter.of).map(compileFilter);
      return (event) => parts.some((part) => part(event));
    }
    case 'not': {
      const inner = compileFilter(filter.of);
      return (event) => !inner(event);
    }
    case 'equals': {
      const wanted = filter.cased ? filter.value : foldCase(filter.value);
      return onText(filter.field, (text) => (filter.cased ? text : foldCase(text)) === wanted);
    }
    case 'wildcard': {
      const matches = compileWildcard(filter.pattern, filter.cased);
      return onText(filter.field, matches);
    }
    case 'regexp': {
      const expression = compileRegexp(filter.source, filter.flags);
      return onText(filter.field, (text) => expression.test(text));
    }
    case 'cidr': {
      const range = parseIpRange(filter.range);
      if (range === undefined)
        throw new RangeError(
          `Expected an address or CIDR range: current value is "${filter.range}"`,
        );
      return onText(filter.field, (text) => {
        const address = parseIpAddress(text);
        return address !== undefined && isInRange(address, range);
      });
    }
    case 'exists':
      return isPresent(filter.field);
    case 'compare':
      return onValues(
        filter.field,
        (value) => typeof value === 'number' && compares(value, filter.operator, filter.value),
      );
    case 'before':
      return (event) => timeOf(event) < filter.ms;
    case 'clock': {
      const clock = createClock(filter.zone);
      return (event) => {
        const ms = timeOf(event);
        return !Number.isNaN(ms) && isWithin(clock(ms), filter);
      };
    }
    default:
      return filter satisfies never;
  }
}

/** NaN for an event without a time: it is neither before nor after anything. */
function timeOf(event: Partial<SocEvent>): number {
  return Date.parse(event['@timestamp'] ?? '');
}

/** The same parts, those first that say no or yes for the least work: their order means nothing. */
function cheapestFirst(filters: readonly Filter[]): readonly Filter[] {
  return filters.toSorted((a, b) => costOf(a) - costOf(b));
}

function costOf(filter: Filter): number {
  switch (filter.kind) {
    case 'equals':
    case 'exists':
    case 'compare':
      return 1;
    case 'before':
    case 'clock':
    case 'wildcard':
    case 'cidr':
      return 4;
    case 'regexp':
      return 16;
    case 'not':
      return costOf(filter.of);
    case 'all':
    case 'any':
      return filter.of.reduce((sum, part) => sum + costOf(part), 1);
    default:
      return filter satisfies never;
  }
}

/** What was folded last: many filters ask for the same value of one event, one after the other. */
let lastText = '';
let lastFolded = '';

/** Simple case folding, each character by itself, so that every engine can do the same. */
export function foldCase(text: string): string {
  if (text === lastText) return lastFolded;
  lastFolded = fold(text);
  lastText = text;
  return lastFolded;
}

function fold(text: string): string {
  if (/^[\u0000-\u007f]*$/.test(text)) return text.toLowerCase();
  return Array.from(text, (character) =>
    character === '\u0130' ? 'i' : character.toLowerCase(),
  ).join('');
}

function isPresent(field: string): Predicate {
  const read = fieldReader(field);
  return (event) => {
    const value = read(event);
    return value !== undefined && value !== null;
  };
}

function onText(field: string, test: (text: string) => boolean): Predicate {
  return onValues(field, (value) => {
    const text = fieldText(value);
    return text !== undefined && test(text);
  });
}

function onValues(field: string, test: (value: unknown) => boolean): Predicate {
  const read = fieldReader(field);
  return (event) => {
    const value = read(event);
    return Array.isArray(value) ? value.some(test) : test(value);
  };
}

function compares(value: number, operator: 'lt' | 'lte' | 'gt' | 'gte', limit: number): boolean {
  switch (operator) {
    case 'lt':
      return value < limit;
    case 'lte':
      return value <= limit;
    case 'gt':
      return value > limit;
    case 'gte':
      return value >= limit;
    default:
      return operator satisfies never;
  }
}

/**
 * Matches a whole text against pieces. Greedy with one point of return (the last `many`), so the time
 * is at most length × pattern, never exponential.
 */
export function compileWildcard(
  pattern: readonly WildcardPiece[],
  cased: boolean,
): (text: string) => boolean {
  return compilePlainPieces(pattern, cased) ?? compileUnits(pattern, cased);
}

/**
 * Texts with any run between them, found one after the other from the left: whenever there is a match,
 * the earliest places are one. Undefined where single characters or halves of characters are asked for,
 * which are counted by whole characters.
 */
function compilePlainPieces(
  pattern: readonly WildcardPiece[],
  cased: boolean,
): ((text: string) => boolean) | undefined {
  const texts = [''];
  for (const piece of pattern) {
    if (piece.kind === 'one') return undefined;
    if (piece.kind === 'many') texts.push('');
    else {
      if (!piece.text.isWellFormed()) return undefined;
      texts.push((texts.pop() ?? '') + (cased ? piece.text : foldCase(piece.text)));
    }
  }
  const first = texts[0] as string;
  const last = texts.at(-1) as string;
  const inner = texts.slice(1, -1).filter((text) => text !== '');
  return (raw) => {
    const text = cased ? raw : foldCase(raw);
    if (texts.length === 1) return text === first;
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const wanted of inner) {
      const found = text.indexOf(wanted, at);
      if (found < 0) return false;
      at = found + wanted.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}

/** Character by character. */
function compileUnits(
  pattern: readonly WildcardPiece[],
  cased: boolean,
): (text: string) => boolean {
  const units = pattern.flatMap((piece): (string | undefined | null)[] =>
    piece.kind === 'text'
      ? [...(cased ? piece.text : foldCase(piece.text))]
      : piece.kind === 'many'
        ? [null]
        : [undefined],
  );
  return (text) => {
    const characters = [...(cased ? text : foldCase(text))];
    let at = 0;
    let unit = 0;
    let returnUnit = -1;
    let returnAt = 0;
    while (at < characters.length) {
      const wanted = units[unit];
      if (unit < units.length && wanted === null) {
        returnUnit = unit;
        returnAt = at;
        unit += 1;
      } else if (unit < units.length && (wanted === undefined || wanted === characters[at])) {
        unit += 1;
        at += 1;
      } else if (returnUnit >= 0) {
        unit = returnUnit + 1;
        returnAt += 1;
        at = returnAt;
      } else {
        return false;
      }
    }
    while (units[unit] === null && unit < units.length) unit += 1;
    return unit === units.length;
  };
}
