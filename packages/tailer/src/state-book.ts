/**
 * All files we know, and where that is kept: in the store beside the events, or, where the store cannot
 * do that, in the registry file.
 */
import { LIMITS, messageOf, type LimitListener, type Position } from '@mini-soc/model';
import { fromPosition, POSITION_SOURCE, toPosition, type FileState } from './file-state.ts';
import { readRegistry, writeRegistry } from './registry.ts';

/** What the store of positions must do; see the port of the store. */
export interface PositionKeeper {
  readonly read: (source: string) => Promise<readonly Position[]>;
  readonly put: (positions: readonly Position[]) => Promise<void>;
  readonly forget: (ids: readonly string[]) => Promise<void>;
  readonly lastStored: (ids: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

export interface StateBook {
  /** Reads what is kept; once. */
  readonly load: () => Promise<void>;
  readonly all: () => Iterable<FileState>;
  readonly get: (id: string) => FileState | undefined;
  /** Adds states or changes what they say of their files. Durable when it resolves. */
  readonly put: (states: readonly FileState[]) => Promise<void>;
  /** The position of a file was moved, with its events where the store does that. */
  readonly moved: (state: FileState) => void;
  /** Writes the registry file when anything has changed and the last time is long ago, or `atOnce`. */
  readonly save: (nowMs: number, atOnce: boolean) => Promise<void>;
}

export interface StateBookOptions {
  readonly registryPath: string;
  readonly keeper: PositionKeeper | undefined;
  /** Ids of the files that are open. */
  readonly openIds: () => ReadonlySet<string>;
  readonly onProblem: (sentence: string) => void;
  readonly onLimit: LimitListener;
}

const SAVE_MS = 1000;
/** Most states that are kept of files that are not open; the newest stay. */
const MAX_REMEMBERED = LIMITS.positions_remembered.value;

export function createStateBook(options: StateBookOptions): StateBook {
  const { registryPath, keeper, onProblem } = options;
  const states = new Map<string, FileState>();
  let loading: Promise<void> | undefined;
  let isUnsaved = false;
  let savedMs = 0;
  let said: string | undefined;

  const load = async (): Promise<void> => {
    const kept = keeper === undefined ? [] : await keeper.read(POSITION_SOURCE);
    for (const position of kept) {
      const state = fromPosition(position);
      if (state !== undefined) states.set(state.id, state);
    }
    isUnsaved = true;
    if (kept.length > 0) return;
    const registry = await readRegistry(registryPath);
    if (registry.fault !== undefined)
      onProblem(
        `Cannot use the record of positions "${registryPath}": ${registry.fault}: the logs are read from their start, what is stored already is recognised`,
      );
    const found = keeper === undefined ? registry.states : await asStored(registry.states, keeper);
    for (const state of found) states.set(state.id, state);
    if (keeper !== undefined && found.length > 0) await keeper.put(found.map(toPosition));
  };

  /** A record beside a store that has no positions: believed as far as events are there. */
  const asStored = async (
    found: readonly FileState[],
    { lastStored }: PositionKeeper,
  ): Promise<readonly FileState[]> => {
    const files = found.filter((state) => state.kind === 'file' && state.offset > 0);
    const last = await lastStored(files.map(({ id }) => id));
    const unknown = files.filter(({ id }) => !last.has(id)).length;
    if (unknown > 0)
      onProblem(
        `The store has no event of ${unknown} ${unknown === 1 ? 'file' : 'files'} that "${registryPath}" shows as read: what is still there of them is read from the start`,
      );
    return found.map((state) => {
      if (state.kind !== 'file') return state;
      const { mark, ...rest } = state;
      const offset = Math.min(state.offset, last.get(state.id) ?? 0);
      return offset === state.offset && mark !== undefined ? state : { ...rest, offset };
    });
  };

  const prune = async (): Promise<void> => {
    if (states.size <= MAX_REMEMBERED) return;
    const open = options.openIds();
    const idle = [...states.values()].filter(
      (state) => state.kind === 'seen' || (state.kind === 'file' && !open.has(state.id)),
    );
    const old = idle.slice(0, Math.max(0, idle.length - MAX_REMEMBERED));
    if (old.length === 0) return;
    if (old.some((state) => state.kind === 'file')) options.onLimit('positions_remembered');
    await keeper?.forget(old.map(({ id }) => id));
    for (const { id } of old) states.delete(id);
  };

  const write = async (): Promise<void> => {
    const all = [...states.values()];
    const open = options.openIds();
    // The same file may have had other content before: whoever reads in order finds the present one last.
    const files = all
      .filter((state) => state.kind === 'file')
      .toSorted((a, b) => Number(open.has(a.id)) - Number(open.has(b.id)));
    const others = keeper === undefined ? all.filter((state) => state.kind !== 'file') : [];
    await writeRegistry(registryPath, files, others, keeper === undefined);
  };

  return {
    load: () => {
      loading ??= load().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return loading;
    },
    all: () => states.values(),
    get: (id) => states.get(id),
    async put(changed) {
      // What is not kept is not known: its events would have no position.
      await keeper?.put(changed.map(toPosition));
      for (const state of changed) {
        const { offset, mark, seenMs } = states.get(state.id) ?? state; // moved meanwhile
        states.set(state.id, { ...state, offset, ...(mark === undefined ? {} : { mark }), seenMs });
      }
      isUnsaved = true;
      if (keeper === undefined) await write();
      await prune();
    },
    moved(state) {
      states.set(state.id, state);
      isUnsaved = true;
    },
    async save(nowMs, atOnce) {
      if (loading === undefined || !isUnsaved || (!atOnce && Math.abs(nowMs - savedMs) < SAVE_MS))
        return;
      savedMs = nowMs;
      try {
        await write();
        isUnsaved = false;
        said = undefined;
      } catch (error) {
        if (keeper === undefined) throw error;
        const sentence = `Cannot write the copy of the positions "${registryPath}": ${messageOf(error)}`;
        if (said !== sentence) onProblem(sentence);
        said = sentence;
      }
    },
  };
}
