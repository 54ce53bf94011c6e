/** Bytes of a log by their place in it, whether it is plain or compressed. */
import type { Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const PIECE_BYTES = 65_536;

export interface ByteSource {
  /** Compressed content does not change; it is read best from front to back. */
  readonly isGzip: boolean;
  /** Puts at most `length` bytes from `position` on into the buffer; 0 at the end. */
  readonly read: (buffer: Buffer, length: number, position: number) => Promise<number>;
  /** Facts of the file; the size is that of the content. */
  readonly facts: () => Promise<Facts>;
  /** Where an open file is found now, as far as the system tells. */
  readonly descriptor: number | undefined;
  readonly close: () => Promise<void>;
}

export type Facts = Pick<Stats, 'dev' | 'ino' | 'nlink' | 'size' | 'mtimeMs'>;

/** The caller has checked that it is a regular file. Undefined when it is none any more. */
export async function openPlain(path: string): Promise<ByteSource | undefined> {
  const handle: FileHandle = await open(path, 'r');
  const facts = await handle.stat();
  if (!facts.isFile()) {
    await handle.close();
    return undefined;
  }
  return {
    isGzip: false,
    read: async (buffer, length, position) =>
      (await handle.read(buffer, 0, length, position)).bytesRead,
    facts: () => handle.stat(),
    descriptor: handle.fd,
    close: () => handle.close(),
  };
}

/** The content of a file that is open; `facts` are its own, with the size of the content. */
export function openGzip(
  file: ByteSource,
  facts: Facts,
): ByteSource & { readonly rest: () => Promise<void> } {
  let stream: AsyncIterator<Buffer> | undefined;
  let piece: Buffer = Buffer.alloc(0);
  let at = 0; // where the piece begins in the content
  const end = async (): Promise<void> => {
    await stream?.return?.();
    stream = undefined;
  };
  return {
    isGzip: true,
    async read(buffer, length, position) {
      if (position < at) await end();
      if (stream === undefined) {
        stream = decompress(file)[Symbol.asyncIterator]();
        piece = Buffer.alloc(0);
        at = 0;
      }
      while (position >= at + piece.length) {
        const next = await stream.next();
        if (next.done === true) return 0;
        at += piece.length;
        piece = next.value;
      }
      return piece.copy(buffer, 0, position - at, position - at + length);
    },
    facts: async () => facts,
    descriptor: undefined,
    /** Stops decompressing; the file stays open. */
    rest: end,
    close: async () => {
      await end();
      await file.close();
    },
  };
}

/** What a compressed file holds; undefined when it is not whole (yet) or larger than `mostBytes`. */
export async function gzipSize(file: ByteSource, mostBytes: number): Promise<number | undefined> {
  let size = 0;
  try {
    for await (const piece of decompress(file)) {
      size += piece.length;
      if (size > mostBytes) return undefined;
    }
    return size;
  } catch {
    return undefined;
  }
}

/** Reads the open file: its name may lead elsewhere by now. */
function decompress(file: ByteSource): AsyncIterable<Buffer> {
  const content = createGunzip();
  // Whoever reads the content is told what fails.
  pipeline(Readable.from(piecesOf(file)), content, () => undefined);
  return content as AsyncIterable<Buffer>;
}

async function* piecesOf(file: ByteSource): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const read = await file.read(piece, piece.length, at);
    if (read === 0) return;
    at += read;
    yield piece.subarray(0, read);
  }
}

export type Content = 'plain' | 'gzip' | 'unreadable' | 'utf16';

const MAGIC: readonly (readonly [string, Content])[] = [
  ['1f8b', 'gzip'],
  ['fd377a585a00', 'unreadable'], // xz
  ['28b52ffd', 'unreadable'], // zstd
  ['425a68', 'unreadable'], // bzip2
  ['04224d18', 'unreadable'], // lz4
  ['fffe', 'utf16'],
  ['feff', 'utf16'],
];

/** What the first bytes say. */
export async function contentOf(source: ByteSource): Promise<Content> {
  const start = Buffer.alloc(6);
  const length = await source.read(start, start.length, 0);
  const hex = start.subarray(0, length).toString('hex');
  return MAGIC.find(([magic]) => hex.startsWith(magic))?.[1] ?? 'plain';
}
