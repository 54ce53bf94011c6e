/** What is remembered of the latest things of a kind, by name, a ring: the oldest one is forgotten for the newest. */

export interface Remembered<Value> {
  readonly values: { [name: string]: Value | undefined };
  readonly order: string[];
  readonly most: number;
  next: number;
}

export function createRemembered<Value>(most: number): Remembered<Value> {
  return {
    values: Object.create(null) as Remembered<Value>['values'],
    order: [],
    most: most,
    next: 0,
  };
}

export function remember<Value>(memory: Remembered<Value>, name: string, value: Value): void {
  if (!(name in memory.values)) {
    const forgotten = memory.order[memory.next];
    if (forgotten !== undefined) delete memory.values[forgotten];
    memory.order[memory.next] = name;
    memory.next = (memory.next + 1) % memory.most;
  }
  memory.values[name] = value;
}
