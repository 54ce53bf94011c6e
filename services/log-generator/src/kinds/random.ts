/** Chance that follows from a text: the same text, the same numbers, on every machine (mulberry32). */

export interface Random {
  /** 0 <= x < 1. */
  readonly next: () => number;
  /** Both ends included. */
  readonly int: (least: number, most: number) => number;
  readonly chance: (share: number) => boolean;
  /** Throws RangeError for an empty list. */
  readonly pick: <Value>(list: readonly Value[]) => Value;
  readonly shuffle: <Value>(list: readonly Value[]) => readonly Value[];
  /** Characters of an alphabet without look-alikes, for names, keys and tokens. */
  readonly token: (length: number) => string;
  readonly hex: (length: number) => string;
}

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

export function createRandom(seed: string): Random {
  let state = hashText(seed);
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1));
  const text = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet.charAt(int(0, alphabet.length - 1))).join('');
  return {
    next,
    int,
    chance: (share) => next() < share,
    pick(list) {
      if (list.length === 0) throw new RangeError('Nothing to pick from');
      return list[int(0, list.length - 1)] as (typeof list)[number];
    },
    shuffle(list) {
      const mixed = [...list];
      for (let last = mixed.length - 1; last > 0; last -= 1) {
        const other = int(0, last);
        [mixed[last], mixed[other]] = [
          mixed[other] as (typeof mixed)[number],
          mixed[last] as (typeof mixed)[number],
        ];
      }
      return mixed;
    },
    token: (length) => text(LETTERS, length),
    hex: (length) => text('0123456789abcdef', length),
  };
}

/** FNV-1a, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93) >>> 0;
  return hash;
}
