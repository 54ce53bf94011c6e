/**
 * The searches for earlier content of the logs: begun when a name leads to content that is not ours,
 * repeated until all that was there is found, and told when it is not.
 */
import { LIMITS, messageOf } from '@mini-soc/model';
import { keyOf, type FileState } from './file-state.ts';
import {
  findGenerations,
  type FoundGeneration,
  type Generations,
  type GenerationSearch,
} from './find-generations.ts';
import { nameState } from './registry.ts';
import type { OpenFiles } from './open-files.ts';
import type { StateBook } from './state-book.ts';

export interface HeritageOptions extends Pick<
  GenerationSearch,
  'isFollowed' | 'readFolder' | 'logrotate' | 'maxLineBytes'
> {
  readonly book: StateBook;
  readonly files: OpenFiles;
  /** Key of the file that a name leads to now. */
  readonly presentKey: (name: string) => string | undefined;
  readonly nowMs: () => number;
  readonly onProblem: (sentence: string) => void;
  /** A generation is lost. */
  readonly onLost: () => void;
}

export interface Inherited {
  /** What was known of it. */
  readonly state: FileState | undefined;
  readonly path: string;
  /** How much there is of it. */
  readonly bytes: number;
  /** To be read and closed by the caller; undefined when nothing is left to read. */
  readonly generation: FoundGeneration | undefined;
}

export interface Heritage {
  /** A name leads to new content: what was before it is to be found. Durable when it resolves. */
  readonly search: (name: string) => Promise<void>;
  /** Content of the name that was not read to its end is to be found. */
  readonly resume: (name: string) => void;
  /** Names of which `take` has something to do. */
  readonly due: (isScan: boolean) => readonly string[];
  /** Searches, unless that takes long, and says what was found, oldest first. */
  readonly take: (name: string) => Promise<readonly Inherited[]>;
  readonly close: () => Promise<void>;
}

/** The present content does not wait longer for a search; large archives are looked through meanwhile. */
const SEARCH_MS = 1000;
/** Content that is being moved or compressed is found when that is done. */
const MISSING_MS = 10_000;
const UNSETTLED_MS = 60_000;

interface Search {
  sinceMs: number;
  readonly notes: Map<string, string>;
  readonly unreadable: Set<string>;
  isBegun: boolean;
  isSaid: boolean;
  running: Promise<void> | undefined;
  result: Generations | undefined;
}

export function createHeritage(options: HeritageOptions): Heritage {
  const { book, files } = options;
  const searches = new Map<string, Search>();

  const begin = (name: string): void => {
    const before = searches.get(name);
    searches.set(name, {
      sinceMs: options.nowMs(),
      notes: before?.notes ?? new Map<string, string>(),
      unreadable: before?.unreadable ?? new Set<string>(),
      isBegun: false,
      isSaid: before?.isSaid ?? false,
      running: before?.running,
      result: before?.result,
    });
  };

  const recordOf = (name: string): FileState => {
    const plain = nameState(name, 0);
    return book.get(plain.id) ?? plain;
  };

  const find = async (name: string, one: Search): Promise<void> => {
    const states = [...book.all()].filter(({ kind }) => kind !== 'name');
    one.result = await findGenerations({
      ...options,
      name,
      states,
      wanted: states.filter(
        (state) =>
          state.kind === 'file' &&
          state.name === name &&
          !state.isDone &&
          files.byId(state.id) === undefined,
      ),
      fromMs: recordOf(name).searchFromMs,
      presentKey: options.presentKey(name),
      isOpen: (key) => files.byKey.has(key),
      notes: one.notes,
    });
  };

  const lose = (sentence: string): void => {
    options.onLost();
    options.onProblem(sentence);
  };

  const loseContent = (state: FileState, mayBeIn: string | undefined): void =>
    lose(
      `What was written to "${state.name}" after byte ${state.offset} of what it was before cannot be found: ${
        mayBeIn === undefined
          ? 'no file beside it has it, if there was more'
          : `it may be in "${mayBeIn}", which cannot be read (compress with gzip, and give the right to read)`
      }`,
    );

  /** True when the search is at its end. */
  const decide = async (name: string, one: Search, result: Generations): Promise<boolean> => {
    const { missing, unsettled } = result;
    for (const path of result.unreadable) one.unreadable.add(path);
    const waitedMs = Math.abs(options.nowMs() - one.sinceMs);
    if (unsettled.length > 0 && waitedMs < UNSETTLED_MS) return false;
    if (missing.length > 0 && waitedMs < MISSING_MS) return false;
    if (!options.isFollowed(name)) return true;
    // A generation that had a name of its own was read when it was let go; rotation may delete it.
    const lost = missing.filter(({ path }) => path === name);
    if (lost.length > 0 && options.presentKey(name) === undefined) {
      if (!one.isSaid)
        options.onProblem(
          `"${name}" is not there any more: it was read up to byte ${lost[0]?.offset ?? 0}`,
        );
      one.isSaid = true;
      return false;
    }
    const unreadable = [...one.unreadable, ...unsettled];
    for (const state of lost) loseContent(state, unreadable.shift());
    for (const path of unreadable)
      lose(
        `"${path}" cannot be read: what it has of "${name}" is lost (it is damaged, larger than ${LIMITS.generation_bytes.value} bytes, not compressed with gzip, or not ours to read)`,
      );
    const { searchFromMs, ...record } = recordOf(name);
    const changed = [
      ...missing.map((state) => ({ ...state, isDone: true })),
      ...(searchFromMs === undefined ? [] : [record]),
    ];
    if (changed.length > 0) await book.put(changed);
    return true;
  };

  const absorb = async (
    name: string,
    one: Search,
    result: Generations,
  ): Promise<readonly Inherited[]> => {
    const changed = [
      ...result.seen,
      ...result.finished.map(({ state }) => ({ ...state, isDone: true })),
    ];
    if (changed.length > 0) await book.put(changed);
    one.result = undefined;
    const inherited: Inherited[] = result.finished.map(({ state, path }) => ({
      state,
      path,
      bytes: state.offset,
      generation: undefined,
    }));
    for (const generation of result.found) {
      const { state, facts, path, source } = generation;
      const key = keyOf(facts);
      if (files.byKey.has(key) || (state !== undefined && files.byId(state.id) !== undefined)) {
        await source.close();
        continue;
      }
      // As it is known now: it may have moved while the search went on.
      const known = state === undefined ? undefined : (book.get(state.id) ?? state);
      inherited.push({ state: known, path, bytes: facts.size, generation });
    }
    if (await decide(name, one, result)) searches.delete(name);
    return inherited;
  };

  return {
    async search(name) {
      const record = recordOf(name);
      if (record.searchFromMs === undefined) {
        const seen = [...book.all()]
          .filter((state) => state.kind === 'file' && state.name === name)
          .map(({ seenMs }) => seenMs);
        await book.put([{ ...record, searchFromMs: Math.max(record.seenMs, ...seen) }]);
      }
      begin(name);
    },
    resume(name) {
      if (!searches.has(name)) begin(name);
    },
    due: (isScan) =>
      [...searches]
        .filter(
          ([, one]) =>
            !one.isBegun || one.result !== undefined || (isScan && one.running === undefined),
        )
        .map(([name]) => name),
    async take(name) {
      const one = searches.get(name);
      if (one === undefined) return [];
      if (one.result === undefined && one.running === undefined) {
        one.isBegun = true;
        one.running = find(name, one)
          .catch((error: unknown) =>
            options.onProblem(`Cannot look for earlier content of "${name}": ${messageOf(error)}`),
          )
          .finally(() => {
            one.running = undefined;
          });
      }
      if (one.running !== undefined) await within(one.running, SEARCH_MS);
      return one.result === undefined ? [] : absorb(name, one, one.result);
    },
    async close() {
      for (const one of searches.values()) {
        await one.running;
        for (const { source } of one.result?.found ?? []) await source.close();
      }
      searches.clear();
    },
  };
}

/** Waits for the work, but no longer. */
async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
