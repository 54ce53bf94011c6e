/**
 * Many filters asked of one event at the price of the few it can meet: the index looks at what the event
 * has (values, literals of its texts) and asks only the filters that need just that. The answer is the
 * one that each filter would give by itself.
 */
import type { SocEvent } from '@mini-soc/model';
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

  return {
    matching(event, isLeftOut) {
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
