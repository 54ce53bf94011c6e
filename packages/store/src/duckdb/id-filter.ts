/**
 * Which ids may be stored already, in a few bits each: a "no" is certain, so fresh events need no
 * question to the database. Bloom filters in a row, each twice as large as the one before, so that
 * the share of wrong "maybe" stays small however many ids come (Almeida et al., "Scalable Bloom
 * Filters", 2007).
 */
const FIRST_CAPACITY = 262_144;
/** With 8 probes about 0.01 % of the answers are a wrong "maybe". */
const BITS_PER_ID = 24;
const PROBES = 8;

export interface IdFilter {
  /** `high` and `low` are the halves of the id's 64-bit hash. */
  readonly add: (high: number, low: number) => void;
  /** False: certainly never added. */
  readonly mayHave: (high: number, low: number) => boolean;
}

interface Layer {
  readonly bits: Uint32Array;
  readonly size: number;
  readonly capacity: number;
  used: number;
}

export function createIdFilter(): IdFilter {
  const layers: Layer[] = [];
  const grow = (): Layer => {
    const capacity = FIRST_CAPACITY * 2 ** layers.length;
    const words = Math.ceil((capacity * BITS_PER_ID) / 32);
    const layer = { bits: new Uint32Array(words), size: words * 32, capacity, used: 0 };
    layers.push(layer);
    return layer;
  };
  let newest = grow();
  return {
    add: (high, low) => {
      if (newest.used >= newest.capacity) newest = grow();
      newest.used += 1;
      const step = (low | 1) >>> 0;
      let at = high >>> 0;
      for (let probe = 0; probe < PROBES; probe += 1) {
        const bit = at % newest.size;
        newest.bits[bit >>> 5] = (newest.bits[bit >>> 5] as number) | (1 << (bit & 31));
        at = (at + step + probe) % 0x1_0000_0000;
      }
    },
    mayHave: (high, low) => layers.some((layer) => has(layer, high, low)),
  };
}

function has(layer: Layer, high: number, low: number): boolean {
  const step = (low | 1) >>> 0;
  let at = high >>> 0;
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = at % layer.size;
    if (((layer.bits[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false;
    at = (at + step + probe) % 0x1_0000_0000;
  }
  return true;
}
