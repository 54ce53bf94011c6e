/** The one place where an engine is chosen. What an engine needs is loaded when a store of it is opened. */
import { withoutGroundTruth } from './ground-truth.ts';
import type { Store } from './store.ts';

/** Every engine, one line each: a folder of its own, and what opens a store of it. */
const ENGINES = {
  memory: async () => (await import('./memory/index.ts')).createMemoryStore,
  duckdb: async () => (await import('./duckdb/index.ts')).openDuckDbStore,
  elasticsearch: async () => (await import('./elasticsearch/index.ts')).openElasticsearchStore,
} satisfies Readonly<Record<string, () => Promise<(options: never) => Store | Promise<Store>>>>;

export type EngineName = keyof typeof ENGINES;

type Opener<Name extends EngineName> = Awaited<ReturnType<(typeof ENGINES)[Name]>>;

/** Which engine, and what its own opener takes. */
export type StoreSettings<Name extends EngineName> = { readonly engine: Name } & (Parameters<
  Opener<Name>
> extends readonly [infer Options, ...unknown[]]
  ? Options
  : unknown);

/**
 * Opens a store, whose events come to the evaluator without the generator's ground truth. Throws what the
 * engine's own opener throws.
 */
export async function openStore<Name extends EngineName>(
  settings: StoreSettings<Name>,
): Promise<Awaited<ReturnType<Opener<Name>>>> {
  const { engine, ...options } = settings;
  // Each opener takes the options that its engine's name asked for, and gives that engine's store.
  const open = (await ENGINES[engine]()) as (
    given: object,
  ) => Awaited<ReturnType<Opener<Name>>> | Promise<Awaited<ReturnType<Opener<Name>>>>;
  return withoutGroundTruth(await open(options));
}
