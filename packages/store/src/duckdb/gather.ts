/**
 * Group commit: what many small appends bring is written in one transaction. Under a steady stream of
 * lines that is a tenth of the transactions, and an alert that must be written now finds the store
 * free; under load a transaction is large enough to go straight into the file.
 */

export interface GatherOptions<Item, Result> {
  /** Writes the items together; a result for each. What it throws, all of the group are told. */
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly weightOf: (item: Item) => number;
  /** A group of this weight does not wait for more. */
  readonly fullWeight: number;
  /** How long a group waits after its last item, milliseconds; at most five times as long in all. */
  readonly lingerMs: number;
}

export interface Gatherer<Item, Result> {
  /** Resolves when the item is written; rejects with what `write` threw. */
  readonly add: (item: Item) => Promise<Result>;
}

/** The second waits for the database, not for us. */
const GROUPS_UNDER_WAY = 2;
const LONGEST_LINGERS = 5;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export function createGatherer<Item, Result>(
  options: GatherOptions<Item, Result>,
): Gatherer<Item, Result> {
  const { lingerMs, fullWeight } = options;
  let waiting: Waiting<Item, Result>[] = [];
  let weight = 0;
  let underWay = 0;
  let lingers = 0;
  let timer: NodeJS.Timeout | undefined;

  const writeGroup = async (): Promise<void> => {
    const group = waiting;
    waiting = [];
    weight = 0;
    lingers = 0;
    clearTimeout(timer);
    timer = undefined;
    underWay += 1;
    try {
      const results = await options.write(group.map((one) => one.item));
      for (const [index, one] of group.entries()) one.resolve(results[index] as Result);
    } catch (error) {
      for (const one of group) one.reject(error);
    }
    underWay -= 1;
    proceed();
  };

  const proceed = (): void => {
    if (waiting.length === 0) return;
    const isFull = weight >= fullWeight;
    if (underWay >= (isFull ? GROUPS_UNDER_WAY : 1)) return; // its end calls again
    if (isFull || lingerMs === 0 || lingers >= LONGEST_LINGERS) return void writeGroup();
    const before = waiting.length;
    timer ??= setTimeout(() => {
      timer = undefined;
      lingers += 1;
      if (underWay === 0 && waiting.length === before) void writeGroup();
      else proceed();
    }, lingerMs);
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        weight += options.weightOf(item);
        proceed();
      }),
  };
}
