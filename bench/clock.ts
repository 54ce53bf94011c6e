/** Time and figures of the benchmark: medians of several runs, beside a baseline of the same run. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is compared with, measured in this same run. */
  readonly baseline: { readonly name: string; readonly value: number; readonly unit: string };
  /** value / baseline. */
  readonly ratio: number;
}

/** Milliseconds that one run of `work` takes. */
export async function elapsedMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Median of `runs` runs after one that is not counted. */
export async function medianMs(runs: number, work: () => unknown): Promise<number> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) times.push(await elapsedMs(work));
  return median(times);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function figure(
  name: string,
  value: number,
  unit: string,
  baseline: Figure['baseline'],
): Figure {
  return {
    name,
    value: rounded(value),
    unit,
    baseline: { ...baseline, value: rounded(baseline.value) },
    ratio: rounded(value / baseline.value),
  };
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
