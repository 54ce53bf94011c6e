/**
 * Which ids may be stored already, in a few bits each: a "no" is certain, so fresh events need no
 * question to the database. Bloom filters in a row, each twice as large as the one before, so that
 * the share of wrong "maybe" stays small however many ids come (Almeida et al., "Scalable Bloom
 * Filters", 2007).
 */
const FIRST_CAPACITY = 262_144;
/** A wrong "maybe" makes a whole batch ask the database: with 9 bits an id it is one of 50,000 ids. */
const BITS_PER_ID = 32;
const ROUNDS = 3;
/**
 * All bits of an id are in one line of the processor's cache (Putze, Sanders, Singler, "Cache-, Hash-
 * and Space-Efficient Bloom Filters", 2007).
 */
const WORDS_PER_BLOCK = 16;

export interface IdFilter {
  /** `high` and `low` are the halves of the id's 64-bit hash. */
  readonly add: (high: number, low: number) => void;
  /** False: certainly never added. */
  readonly mayHave: (high: number, low: number) => boolean;
}

interface Layer {
  readonly bits: Uint32Array;
  readonly blocks: number;
  readonly capacity: number;
  used: number;
}

export function createIdFilter(): IdFilter {
  const layers: Layer[] = [];
  const grow = (): Layer => {
    const capacity = FIRST_CAPACITY * 2 ** layers.length;
    const blocks = Math.ceil((capacity * BITS_PER_ID) / (WORDS_PER_BLOCK * 32));
    const bits = new Uint32Array(blocks * WORDS_PER_BLOCK);
    const layer = { bits, blocks, capacity, used: 0 };
    layers.push(layer);
    return layer;
  };
  let newest = grow();
  return {
    add: (high, low) => {
      if (newest.used >= newest.capacity) newest = grow();
      newest.used += 1;
      const { bits } = newest;
      const block = firstWord(newest.blocks, high);
      let mixed = high ^ low;
      for (let round = 0; round < ROUNDS; round += 1) {
        mixed = mix(mixed, low);
        for (let shift = 5; shift < 32; shift += 9) {
          const word = block + ((mixed >>> shift) & (WORDS_PER_BLOCK - 1));
          bits[word] = (bits[word] as number) | (1 << (mixed >>> (shift + 4)));
        }
      }
    },
    mayHave: (high, low) => {
      for (const layer of layers) if (has(layer, high, low)) return true;
      return false;
    },
  };
}

function has({ bits, blocks }: Layer, high: number, low: number): boolean {
  const block = firstWord(blocks, high);
  let mixed = high ^ low;
  for (let round = 0; round < ROUNDS; round += 1) {
    mixed = mix(mixed, low);
    for (let shift = 5; shift < 32; shift += 9) {
      const word = bits[block + ((mixed >>> shift) & (WORDS_PER_BLOCK - 1))] as number;
      if ((word & (1 << (mixed >>> (shift + 4)))) === 0) return false;
    }
  }
  return true;
}

/** Of the block of an id. */
function firstWord(blocks: number, high: number): number {
  return ((high >>> 0) % blocks) * WORDS_PER_BLOCK;
}

/** Three times nine well mixed bits in the upper 27: a word of the block, and a bit of the word. */
function mix(value: number, salt: number): number {
  const mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b) + salt;
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
}
