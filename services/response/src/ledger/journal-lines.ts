/** Lines of a journal: `{"sum":"…","bytes":…,"entry":…}`, written and read again, whatever happened to them. */
import { hash } from 'node:crypto';
import { withoutLink } from './chain.ts';

/** Where a line stands in its file. */
export interface Place {
  readonly at: number;
  readonly bytes: number;
}

export interface DecodedEnd {
  /** One sentence for each damaged entry. */
  readonly problems: readonly string[];
  /** Bytes up to the end of the last whole entry; what follows is a cut line. */
  readonly keptBytes: number;
  /** False when the last whole entry lacks its line end. */
  readonly isClosed: boolean;
}

export interface Decoder {
  readonly push: (bytes: Buffer) => void;
  /** No more bytes come. */
  readonly end: () => DecodedEnd;
}

const NEWLINE = 0x0a;
const BRACKET = 0x7d;
const HEADER = /^\{"sum":"([\w-]{12})","bytes":(\d{1,8}),"entry":/;
const HEADER_BYTES = 64;

/** One line, with its line end; `link` adds to the entry's JSON what makes it part of a chain. */
export function encodeEntry(
  entry: unknown,
  link: (text: string) => string = (text) => text,
): Buffer {
  const body = Buffer.from(link(JSON.stringify(entry)));
  const head = `{"sum":"${checksum(body)}","bytes":${body.length},"entry":`;
  const line = Buffer.allocUnsafe(head.length + body.length + 2);
  line.write(head, 0, 'latin1');
  body.copy(line, head.length);
  line[line.length - 2] = BRACKET;
  line[line.length - 1] = NEWLINE;
  return line;
}

function checksum(body: Buffer): string {
  return hash('sha256', body, 'base64url').slice(0, 12);
}

type Step =
  /** The bytes so far do not say. */
  | { readonly kind: 'more' }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'entry'; readonly text: string; readonly end: number };

/** Decodes pieces as they come; what is at hand of a line that is not whole waits for the next. */
export function createDecoder(
  name: string,
  onEntry: (entry: unknown, place: Place, text: string) => void,
  onDamaged: () => void = () => undefined,
): Decoder {
  const problems: string[] = [];
  let rest: Buffer = Buffer.alloc(0);
  /** Where the rest begins in the file. */
  let base = 0;
  let number = 0;
  let isClosed = true;

  /** Up to the first line that needs more bytes, or to the end. */
  const work = (isLast: boolean): void => {
    let at = 0;
    while (at < rest.length) {
      const step = stepAt(rest, at, isLast);
      if (step.kind === 'more') break;
      if (step.kind === 'damaged') {
        const newline = rest.indexOf(NEWLINE, at);
        if (newline < 0) break; // it goes on, or is a cut last line
        number += 1;
        problems.push(`Entry ${number} of "${name}" is damaged and was passed over`);
        onDamaged();
        at = newline + 1;
        isClosed = true;
        continue;
      }
      number += 1;
      const { end } = step;
      const isWhole = rest[end] === BRACKET && rest[end + 1] === NEWLINE;
      const isCut = end + 2 > rest.length && (rest[end] ?? BRACKET) === BRACKET;
      if (!isWhole && !isCut)
        problems.push(`Entry ${number} of "${name}" has a damaged end; it was kept`);
      const next = isCut ? end : Math.min(end + 2, rest.length);
      onEntry(JSON.parse(withoutLink(step.text)), { at: base + at, bytes: next - at }, step.text);
      at = next;
      isClosed = !isCut;
      if (isCut) break;
    }
    rest = rest.subarray(at);
    base += at;
  };
  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      work(false);
    },
    end() {
      if (rest.length > 0) work(true);
      return { problems, keptBytes: base, isClosed };
    },
  };
}

function stepAt(bytes: Buffer, at: number, isLast: boolean): Step {
  if (!isLast && bytes.length - at < HEADER_BYTES) return { kind: 'more' };
  const header = HEADER.exec(bytes.toString('latin1', at, at + HEADER_BYTES));
  if (header === null) return { kind: 'damaged' };
  const start = at + header[0].length;
  const end = start + Number(header[2]);
  if (end + 2 > bytes.length && !isLast) return { kind: 'more' };
  if (end > bytes.length) return { kind: 'damaged' };
  const body = bytes.subarray(start, end);
  return checksum(body) === header[1]
    ? { kind: 'entry', text: body.toString('utf8'), end }
    : { kind: 'damaged' };
}
