/** Files that need not be read, and how they are told from those that must be. */
import { contentOf, openPlain, type ByteSource, type Facts } from './byte-source.ts';
import { FINGERPRINT_BYTES, keyOf, type FileState, type Fingerprint } from './file-state.ts';
import { fingerprintOf, markOf, readFingerprint, readStart } from './recognise.ts';
import { listSiblings, type ReadFolder, type Sibling } from './siblings.ts';

const TAIL_BYTES = 65_536;
/** Most generations that are remembered when a log is followed first, the youngest. */
const MOST_SEEN = 100;

/** The generations that are there before a log is followed first, so that they are never taken for later ones. */
export async function rememberGenerations(
  name: string,
  readFolder: ReadFolder,
  logrotate: readonly string[],
): Promise<readonly FileState[]> {
  const states: FileState[] = [];
  const siblings = await listSiblings(name, readFolder, logrotate);
  for (const sibling of siblings.filter(({ isGeneration }) => isGeneration).slice(-MOST_SEEN)) {
    const source = await openPlain(sibling.path).catch(() => undefined);
    if (source === undefined) continue;
    try {
      const place = { path: sibling.path, facts: await source.facts() };
      states.push(
        (await contentOf(source)) === 'plain'
          ? await seenState(name, place.path, source, place.facts)
          : rawState(name, place, await readFingerprint(source)),
      );
    } finally {
      await source.close();
    }
  }
  return states;
}

/** A plain file that need not be read, known by its start and its last line. */
export async function seenState(
  name: string,
  path: string,
  source: ByteSource,
  facts: Facts,
): Promise<FileState> {
  const from = Math.max(0, facts.size - TAIL_BYTES);
  const tail = Buffer.alloc(facts.size - from);
  const length = await source.read(tail, tail.length, from);
  const end = tail.subarray(0, length).lastIndexOf(10);
  const begin = end <= 0 ? -1 : tail.subarray(0, end).lastIndexOf(10);
  const text = tail.toString('utf8', begin + 1, Math.max(0, end)).replace(/\r$/, '');
  const hasLine = end >= 0 && (begin >= 0 || from === 0);
  return {
    ...stateOfFile(name, path, facts),
    fingerprint: fingerprintOf(await readStart(source, FINGERPRINT_BYTES)),
    offset: hasLine ? from + end + 1 : 0,
    ...(hasLine ? { mark: { at: from + begin + 1, hash: markOf(text) } } : {}),
  };
}

/** A compressed file that need not be read, known by the bytes it begins with as it is. */
export function rawState(
  name: string,
  { path, facts }: Pick<Sibling, 'path' | 'facts'>,
  fingerprint: Fingerprint,
): FileState {
  return { ...stateOfFile(name, path, facts), fingerprint, isGzip: true };
}

function stateOfFile(name: string, path: string, facts: Facts): FileState {
  return {
    id: `seen:${keyOf(facts)}:${Math.floor(facts.mtimeMs)}:${facts.size}`,
    kind: 'seen',
    name,
    path,
    dev: facts.dev,
    ino: facts.ino,
    offset: 0,
    fingerprint: { length: 0, hash: '' },
    isDone: true,
    isGzip: false,
    seenMs: Math.floor(facts.mtimeMs),
  };
}
