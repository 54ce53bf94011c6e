/** Today's numbers, committed: a change may better them and must not worsen them. */
import { z } from 'zod';
import type { Figures } from './part.ts';

const numbers = z.record(z.string(), z.number());
export const floorSchema = z.record(
  z.string(),
  z.strictObject({ atLeast: numbers, atMost: numbers }),
);
/** By the name of the part. */
export type Floor = Readonly<z.infer<typeof floorSchema>>;

/** What is worse than the floor says, or not in both; one sentence each, empty when all is well. */
export function compareWithFloor(
  part: string,
  figures: Omit<Figures, 'report'>,
  floor: Floor,
): readonly string[] {
  const wanted = floor[part] ?? { atLeast: {}, atMost: {} };
  return [
    ...compare(figures.atLeast, wanted.atLeast, (value, least) => value >= least, 'at least'),
    ...compare(figures.atMost, wanted.atMost, (value, most) => value <= most, 'at most'),
  ].map((fault) => `${part}: ${fault}`);
}

function compare(
  present: Readonly<Record<string, number>>,
  wanted: Readonly<Record<string, number>>,
  isGood: (value: number, bound: number) => boolean,
  bound: string,
): readonly string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(present)])].flatMap((name) => {
    const value = present[name];
    const limit = wanted[name];
    if (limit === undefined) return [`"${name}" is not in the floor: current value is ${value}`];
    if (value === undefined) return [`"${name}" is in the floor and was not measured`];
    return isGood(value, limit)
      ? []
      : [`expected "${name}" to be ${bound} ${limit}: current value is ${value}`];
  });
}

/** The floor with the numbers of the parts that were measured. */
export function raiseFloor(
  floor: Floor,
  measured: ReadonlyMap<string, Omit<Figures, 'report'>>,
): Floor {
  const fresh = [...measured].map(
    ([part, { atLeast, atMost }]) => [part, { atLeast, atMost }] as const,
  );
  return { ...floor, ...Object.fromEntries(fresh) };
}
