/** Different names in order of first appearance, with bounded memory. */

import { LIMITS } from '@mini-soc/model';

export interface NameList {
  /** At most 20. */
  readonly names: readonly string[];
  /** Different names beyond those. */
  readonly more: number;
  /** True when `more` stopped counting. */
  readonly isMoreCapped: boolean;
  /** The name, when every event has one and it is the same. */
  readonly only: string | undefined;
}

const MAX_LISTED = LIMITS.names_listed.value;
const MAX_COUNTED = LIMITS.names_counted.value;
const MAX_KEY_LENGTH = 256;

export interface NameCollector {
  readonly add: (name: string | undefined) => void;
  readonly read: () => NameList;
  readonly clone: () => NameCollector;
}

interface NameState {
  readonly seen: Map<string, string>;
  isCapped: boolean;
  hasGap: boolean;
}

export function createNameList(): NameCollector {
  return nameListOf({ seen: new Map(), isCapped: false, hasGap: false });
}

function nameListOf(state: NameState): NameCollector {
  return {
    add: (name) => {
      if (name === undefined) {
        state.hasGap = true;
        return;
      }
      const key = name.slice(0, MAX_KEY_LENGTH);
      if (state.seen.has(key)) return;
      if (state.seen.size >= MAX_COUNTED) state.isCapped = true;
      else state.seen.set(key, state.seen.size < MAX_LISTED ? name : '');
    },
    read: () => {
      const names = [...state.seen.values()].slice(0, MAX_LISTED);
      return {
        names,
        more: state.seen.size - names.length,
        isMoreCapped: state.isCapped,
        only: state.seen.size === 1 && !state.hasGap ? names[0] : undefined,
      };
    },
    clone: () => nameListOf({ ...state, seen: new Map(state.seen) }),
  };
}
