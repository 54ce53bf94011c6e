/**
 * Many filters asked of one event at the price of the few it can meet. Of an event whose kind only few filters
 * can match, what is left of these is asked; else the index looks at what the event has (values, literals of
 * its texts) and asks only the filters that need just that. The answer is the one that each filter would give
 * by itself.
 */
import type { SocEvent } from '@mini-soc/model';
import { filterOfKind, type Kind } from './kinds.ts';
import { createLiteralTable, type LiteralTable } from './literal-table.ts';
import { compileFilter, foldCase, type Predicate } from './matches-filter.ts';
import { anchorsOf } from './needs-of-filter.ts';
import type { Filter } from './query.ts';
import { fieldReader, fieldText } from './read-field.ts';

export interface FilterIndex {
  /** Positions of the filters that match, ascending; those that `isLeftOut` names are not asked. */
  readonly matching: (
    event: Partial<SocEvent>,
    isLeftOut?: (position: number) => boolean,
  ) => readonly number[];
}

/** Kinds of events of which it is remembered what is left; whoever writes lines can make more. */
const MAX_KINDS = 256;
/** With more filters than these it costs less to look at what the event has. */
const MAX_ASKED = 32;

/** What is left of a filter; absent where every event of the kind matches. */
interface LeftFilter {
  readonly position: number;
  readonly matches: Predicate | undefined;
}

interface FieldEntry {
  readonly read: (event: Partial<SocEvent>) => unknown;
  /** Folded value → filters that may match then. */
  readonly equals: ReadonlyMap<string, readonly number[]>;
  readonly literals: LiteralTable | undefined;
  /** Filters that need any value. */
  readonly exists: readonly number[];
}

interface FieldDraft {
  readonly equals: Map<string, number[]>;
  readonly literals: Map<string, number[]>;
  readonly exists: Set<number>;
}

/** Throws RangeError as compileFilter() does. */
export function createFilterIndex(filters: readonly Filter[]): FilterIndex {
  const predicates = filters.map(compileFilter);
  const { fields, always } = arrange(filters);
  /** By filter, the number of the last question in which it was chosen. */
  const chosenIn = new Float64Array(filters.length);
  let question = 0;
  const leftOf = createKindTable(filters);

  return {
    matching(event, isLeftOut) {
      const left = leftOf(event);
      if (left !== undefined) {
        const met: number[] = [];
        for (const { position, matches } of left)
          if (isLeftOut?.(position) !== true && matches?.(event) !== false) met.push(position);
        return met;
      }
      question += 1;
      const chosen: number[] = [];
      const choose = (ids: readonly number[]): void => {
        for (const id of ids) {
          if (chosenIn[id] === question) continue;
          chosenIn[id] = question;
          if (isLeftOut?.(id) === true) continue;
          chosen.push(id);
        }
      };
      choose(always);
      for (const entry of fields) askField(entry, entry.read(event), choose);
      if (chosen.length > 1) chosen.sort((a, b) => a - b);
      return chosen.filter((id) => (predicates[id] as Predicate)(event));
    },
  };
}

/**
 * By the kind of an event, the filters that it can match, ascending; undefined where they are many, and for kinds
 * that are too many.
 */
function createKindTable(
  filters: readonly Filter[],
): (event: Partial<SocEvent>) => readonly LeftFilter[] | undefined {
  const known = new Map<string, readonly LeftFilter[] | undefined>();
  let last: Kind = {};
  let lastLeft: readonly LeftFilter[] | undefined;
  let isFirst = true;
  return (event) => {
    if (!isFirst && isSameKind(event, last)) return lastLeft;
    const kind = kindOf(event);
    if (kind === undefined) return undefined;
    const key = JSON.stringify([kind.log_type, kind.action, kind.status, kind.program]);
    if (!known.has(key)) {
      if (known.size >= MAX_KINDS) return undefined;
      known.set(key, leftOfKind(filters, kind));
    }
    isFirst = false;
    last = kind;
    lastLeft = known.get(key);
    return lastLeft;
  };
}

function leftOfKind(filters: readonly Filter[], kind: Kind): readonly LeftFilter[] | undefined {
  const left: LeftFilter[] = [];
  for (const [position, filter] of filters.entries()) {
    const rest = filterOfKind(filter, kind);
    if (rest === false) continue;
    if (left.length === MAX_ASKED) return undefined;
    left.push({ position, matches: rest === true ? undefined : compileFilter(rest) });
  }
  return left;
}

/** Undefined for shapes that are none of the model's: what is stored may be older. */
function kindOf({ log_type, action, status, program }: Partial<SocEvent>): Kind | undefined {
  const kind = { log_type, action, status, program };
  return Object.values(kind).every((value) => value === undefined || typeof value === 'string')
    ? (kind as Kind)
    : undefined;
}

function isSameKind(a: Partial<SocEvent>, b: Kind): boolean {
  return (
    a.action === b.action &&
    a.status === b.status &&
    a.log_type === b.log_type &&
    a.program === b.program
  );
}

function askField(
  entry: FieldEntry,
  value: unknown,
  choose: (ids: readonly number[]) => void,
): void {
  if (value === undefined || value === null) return;
  choose(entry.exists);
  if (entry.equals.size === 0 && entry.literals === undefined) return;
  for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const text = fieldText(one);
    if (text === undefined) continue;
    const folded = foldCase(text);
    const ids = entry.equals.get(folded);
    if (ids !== undefined) choose(ids);
    entry.literals?.find(folded, choose);
  }
}

function arrange(filters: readonly Filter[]): {
  readonly fields: readonly FieldEntry[];
  readonly always: readonly number[];
} {
  const drafts = new Map<string, FieldDraft>();
  const always: number[] = [];
  for (const [id, filter] of filters.entries()) {
    const anchors = anchorsOf(filter);
    if (anchors === undefined) always.push(id);
    for (const anchor of anchors ?? []) {
      let draft = drafts.get(anchor.field);
      if (draft === undefined) {
        draft = { equals: new Map(), literals: new Map(), exists: new Set() };
        drafts.set(anchor.field, draft);
      }
      if (anchor.kind === 'exists') draft.exists.add(id);
      else add(anchor.kind === 'equals' ? draft.equals : draft.literals, anchor.text, id);
    }
  }
  return {
    always,
    fields: [...drafts].map(([field, draft]) => ({
      read: fieldReader(field),
      equals: draft.equals,
      literals: draft.literals.size === 0 ? undefined : createLiteralTable(draft.literals),
      exists: [...draft.exists],
    })),
  };
}

function add(lists: Map<string, number[]>, text: string, id: number): void {
  const list = lists.get(text);
  if (list === undefined) lists.set(text, [id]);
  else if (list.at(-1) !== id) list.push(id);
}
