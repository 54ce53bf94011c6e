/**
 * Modifiers that make other texts of a text before it is compared. Source: Sigma specification 2.1,
 * appendix of modifiers. Each is exact: the texts are all that the value can look like, and no others.
 */
import { showValue, type Fail } from './rule-error.ts';

const WIDTHS = ['wide', 'utf16le', 'utf16be', 'utf16'] as const;
const ENCODINGS = ['base64', 'base64offset'] as const;
export const TEXT_MODIFIERS: readonly string[] = ['windash', ...WIDTHS, ...ENCODINGS];

/** What a command line of Windows may have instead of a dash. */
const DASHES = ['-', '/', '–', '—', '―'];
const DASH_BEFORE_WORD = /\B[-/–—―](?=\w)/g;
/** Each dash of a value multiplies the texts by five. */
const MAX_DASHES = 4;
/** Of fewer bytes nothing is left that does not depend on what stands around them. */
const FEWEST_AT_OFFSET = 3;

/** The texts to compare with, in Sigma's notation of wildcards. Throws what `fail` returns. */
export function spellText(
  text: string,
  modifiers: readonly string[],
  fail: Fail,
): readonly string[] {
  const dashed = modifiers.includes('windash') ? withDashes(text, fail) : [text];
  const encoding = ENCODINGS.find((name) => modifiers.includes(name));
  const width = WIDTHS.find((name) => modifiers.includes(name));
  if (encoding === undefined) {
    if (width !== undefined)
      throw fail(`modifier "${width}" stands only before "base64" or "base64offset"`);
    return dashed;
  }
  return dashed.flatMap((one) => {
    const bytes = bytesOf(plainText(one, encoding, fail), width);
    const least = encoding === 'base64' ? 1 : FEWEST_AT_OFFSET;
    if (bytes.length < least)
      throw fail(
        `modifier "${encoding}" needs at least ${least} bytes of text: current value is ${showValue(one)}`,
      );
    return encoding === 'base64' ? [bytes.toString('base64')] : atEveryOffset(bytes);
  });
}

/** Every combination: not all dashes of a line need be the same. */
function withDashes(text: string, fail: Fail): readonly string[] {
  const places = [...text.matchAll(DASH_BEFORE_WORD)].map(({ index }) => index);
  if (places.length > MAX_DASHES)
    throw fail(
      `modifier "windash" takes at most ${MAX_DASHES} dashes in a value: current value has ${places.length}`,
    );
  return places.reduce<readonly string[]>(
    (texts, place) =>
      texts.flatMap((one) =>
        DASHES.map((dash) => one.slice(0, place) + dash + one.slice(place + 1)),
      ),
    [text],
  );
}

function plainText(text: string, encoding: string, fail: Fail): string {
  const plain = text.replaceAll(/\\([*?\\])/g, (_, character: string) =>
    character === '\\' ? '\u0000' : character === '*' ? '\u0001' : '\u0002',
  );
  if (/[*?]/.test(plain))
    throw fail(`modifier "${encoding}" takes no wildcards: current value is ${showValue(text)}`);
  return plain.replaceAll('\u0000', '\\').replaceAll('\u0001', '*').replaceAll('\u0002', '?');
}

function bytesOf(text: string, width: (typeof WIDTHS)[number] | undefined): Buffer {
  if (width === undefined) return Buffer.from(text, 'utf8');
  const little = Buffer.from(text, 'utf16le');
  if (width === 'utf16be') return little.swap16();
  return width === 'utf16' ? Buffer.concat([Buffer.from([0xff, 0xfe]), little]) : little;
}

/** Three bytes are four characters: what is left of the text when 0, 1 or 2 bytes stand before it. */
function atEveryOffset(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before, 0x20), bytes]).toString('base64');
    const from = [0, 2, 3][before] ?? 0;
    const cut = [0, 3, 2][(before + bytes.length) % 3] ?? 0;
    return text.slice(from, text.length - cut);
  });
}
