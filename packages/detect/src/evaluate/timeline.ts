/** Weighted moments in order of time, forgotten from the front: the memory of a sliding window. */

export interface Timeline {
  readonly length: number;
  /** Times must not go back. */
  readonly push: (ms: number, weight: number) => void;
  /** Forgets what happened at or before this time; returns how many. */
  readonly forget: (untilMs: number) => number;
  /** Total weight from this position on; position 0 is the oldest that is remembered. */
  readonly weightFrom: (position: number) => number;
  readonly timeAt: (position: number) => number;
  /** Number of positions strictly before this time. */
  readonly countBefore: (ms: number) => number;
  /**
   * Latest position from which the first `end` positions together weigh at least `weight`; undefined
   * when all of them do not.
   */
  readonly startOfWeight: (end: number, weight: number) => number | undefined;
  readonly clone: () => Timeline;
}

interface TimelineState {
  times: number[];
  /** Weight of everything up to and including the same position, since the beginning. */
  sums: number[];
  head: number;
  /** Weight of everything that was forgotten. */
  base: number;
}

export function createTimeline(): Timeline {
  return timelineOf({ times: [], sums: [], head: 0, base: 0 });
}

function timelineOf(state: TimelineState): Timeline {
  const sumAt = (absolute: number): number =>
    absolute < state.head ? state.base : (state.sums[absolute] as number);
  return {
    get length() {
      return state.times.length - state.head;
    },
    push: (ms, weight) => {
      state.times.push(ms);
      state.sums.push(sumAt(state.times.length - 2) + weight);
    },
    forget: (untilMs) => {
      const before = state.head;
      while (state.head < state.times.length && (state.times[state.head] as number) <= untilMs) {
        state.base = state.sums[state.head] as number;
        state.head += 1;
      }
      const forgotten = state.head - before;
      if (state.head > 1024 && state.head * 2 > state.times.length) {
        state.times = state.times.slice(state.head);
        state.sums = state.sums.slice(state.head);
        state.head = 0;
      }
      return forgotten;
    },
    weightFrom: (position) => sumAt(state.times.length - 1) - sumAt(state.head + position - 1),
    timeAt: (position) => state.times[state.head + position] as number,
    countBefore: (ms) =>
      firstTrue(state.head, state.times.length, (at) => (state.times[at] as number) >= ms) -
      state.head,
    startOfWeight: (end, weight) => {
      const total = sumAt(state.head + end - 1);
      if (end <= 0 || total - state.base < weight) return undefined;
      // The first position after which too little is left; one before it, enough is.
      const after = firstTrue(state.head, state.head + end, (at) => total - sumAt(at) < weight);
      return after - state.head;
    },
    clone: () =>
      timelineOf({
        times: state.times.slice(state.head),
        sums: state.sums.slice(state.head),
        head: 0,
        base: state.base,
      }),
  };
}

/** First number of [from, to) for which the monotone test is true; `to` when none is. */
function firstTrue(from: number, to: number, test: (at: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
