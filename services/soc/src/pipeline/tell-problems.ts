/** Problems that come again and again are told once a minute, not each time they are tried. */
export interface ProblemTeller {
  readonly tell: (sentence: string) => void;
}

export interface ProblemTellerOptions {
  readonly say: (sentence: string) => void;
  /** Default one minute. */
  readonly everyMs?: number;
  /** A clock that never goes back, milliseconds. */
  readonly monotonicMs?: () => number;
}

const EVERY_MS = 60_000;
/** Different problems that are remembered; the oldest are forgotten, and told again if they come. */
const REMEMBERED = 200;

export function createProblemTeller(options: ProblemTellerOptions): ProblemTeller {
  const { everyMs = EVERY_MS } = options;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const told = new Map<string, number>();
  return {
    tell(sentence) {
      // Sizes and counts change from one time to the next; names in quotes do not.
      const kind = sentence.replaceAll(/"[^"]*"|\d+/g, (part) => (part[0] === '"' ? part : '0'));
      const nowMs = monotonicMs();
      const beforeMs = told.get(kind);
      if (beforeMs !== undefined && nowMs - beforeMs < everyMs) return;
      told.delete(kind);
      told.set(kind, nowMs);
      if (told.size > REMEMBERED) told.delete(told.keys().next().value as string);
      options.say(sentence);
    },
  };
}
