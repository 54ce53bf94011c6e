/**
 * What a server understands of a request target, once and in one spelling, so that rules compare one text:
 * the server's own escapes of its log, percent-encoding as UTF-8 (lone bytes as Latin-1), also overlong
 * (`%c0%ae`), of IIS (`%u002e`) and doubled, `+` of a query as a blank, dot segments and doubled slashes of
 * the path resolved. A `..` that would climb out of the root stays, and that is what makes it remarkable.
 * Case stays. NUL and other unprintable characters become their pictures (U+2400 …), blanks stay blanks.
 * One pass over the text for each layer of encoding, at most `url_layers` of them. RFC 3986, 5.2.4 and 6.2.2.
 */
import { LIMITS } from '@mini-soc/model/limits';
import { addFlag, MAX_FIELD, type Draft } from './draft.ts';

const MAX_LAYERS = LIMITS.url_layers.value;
const REPLACEMENT = '\ufffd';

/** Sets `url_decoded` from a target without scheme and host; the target itself where nothing is to be decoded. */
export function takeDecoded(target: string, draft: Draft): void {
  if (!/[%+\\]|\/[./]/.test(target)) {
    draft.url_decoded = target.length <= MAX_FIELD ? target : target.slice(0, MAX_FIELD);
    return;
  }
  const text = withoutEscapes(target.slice(0, MAX_FIELD));
  const question = text.indexOf('?');
  const seen: Oddities = { isOdd: false, isDoubled: false };
  const path = withoutDots(decodeLayers(question < 0 ? text : text.slice(0, question), seen));
  const query =
    question < 0 ? '' : '?' + decodeLayers(text.slice(question + 1).replace(/\+/g, ' '), seen);
  draft.url_decoded = printable(path + query);
  if (seen.isOdd) addFlag(draft, 'odd_encoding');
  if (seen.isDoubled) addFlag(draft, 'double_encoding');
}

interface Oddities {
  /** Overlong UTF-8 or `%u`: no browser writes them. */
  isOdd: boolean;
  isDoubled: boolean;
}

/** Without what the server put in front of quotes, backslashes and bytes beyond ASCII: `\"`, `\\`, `\x22`. */
function withoutEscapes(text: string): string {
  if (text.indexOf('\\') < 0) return text;
  return text.replace(/\\(?:x([0-9A-Fa-f]{2})|(["\\]))/g, (whole: string, hex: string, sign) => {
    if (sign) return sign as string;
    const byte = parseInt(hex, 16);
    // Beyond ASCII as percent-encoding, so that the bytes of one character come together again.
    if (byte >= 128) return '%' + hex;
    return byte < 32 || byte === 34 || byte === 92 || byte === 127
      ? String.fromCharCode(byte)
      : whole;
  });
}

function decodeLayers(text: string, seen: Oddities): string {
  let decoded = text;
  for (let layer = 0; layer < MAX_LAYERS && hasEncoding(decoded); layer++) {
    if (layer > 0) seen.isDoubled = true;
    decoded = decodeOnce(decoded, seen);
  }
  return decoded;
}

function hasEncoding(text: string): boolean {
  return /%(?:[0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4})/.test(text);
}

/** One layer; a percent sign that begins no encoding stays. */
function decodeOnce(text: string, seen: Oddities): string {
  let out = '';
  let from = 0;
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at)) {
    const letter = text.charCodeAt(at + 1);
    const isWide = letter === 117 || letter === 85;
    const unit = hexAt(text, isWide ? at + 2 : at + 1, isWide ? 4 : 2);
    if (unit < 0) {
      at++;
      continue;
    }
    out += text.slice(from, at);
    if (isWide) {
      seen.isOdd = true;
      out += wideCharacter(unit);
      at += 6;
    } else if (unit < 128) {
      out += String.fromCharCode(unit);
      at += 3;
    } else {
      const found = readUtf8(text, at, unit, seen);
      out += found.text;
      at = found.end;
    }
    from = at;
  }
  return out + text.slice(from);
}

/** Full-width forms are what IIS takes for the letters they look like. */
function wideCharacter(unit: number): string {
  if (unit >= 0xff01 && unit <= 0xff5e) return String.fromCharCode(unit - 0xfee0);
  return unit >= 0xd800 && unit <= 0xdfff ? REPLACEMENT : String.fromCharCode(unit);
}

/** The character whose first byte stands at `at`; the byte alone, as Latin-1, when its others do not follow. */
function readUtf8(
  text: string,
  at: number,
  first: number,
  seen: Oddities,
): { readonly text: string; readonly end: number } {
  const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  let point = first & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const byte = text.charCodeAt(at + 3 * i) === 37 ? hexAt(text, at + 3 * i + 1, 2) : -1;
    if ((byte & 0xc0) !== 0x80) return { text: String.fromCharCode(first), end: at + 3 };
    point = point * 64 + (byte & 0x3f);
  }
  if (more === 0 || first > 0xf7) return { text: String.fromCharCode(first), end: at + 3 };
  const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000;
  if (point < least) seen.isOdd = true;
  return { text: character(point), end: at + 3 * (more + 1) };
}

function character(point: number): string {
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return REPLACEMENT;
  if (point < 0x10000) return String.fromCharCode(point);
  const rest = point - 0x10000;
  return String.fromCharCode(0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
}

/** The value of exactly `digits` hexadecimal digits; -1 when they are not there. */
function hexAt(text: string, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) {
    const unit = text.charCodeAt(i);
    const digit =
      unit >= 48 && unit <= 57
        ? unit - 48
        : unit >= 65 && unit <= 70
          ? unit - 55
          : unit >= 97 && unit <= 102
            ? unit - 87
            : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** `/a/./b//../c` → `/a/c`, a backslash counting as a slash; a `..` with nothing before it stays. */
function withoutDots(path: string): string {
  if (!/[\\]|\/[./]/.test(path)) return path;
  const parts = path.replace(/\\/g, '/').split('/');
  const kept: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    const isLast = i === parts.length - 1;
    if (part === '..' && kept.length > 1 && kept[kept.length - 1] !== '..') {
      kept.pop();
      if (isLast) kept.push('');
    } else if (part === '.' || (part === '' && i > 0)) {
      if (isLast) kept.push('');
    } else kept.push(part);
  }
  return kept.join('/');
}

/** Signs that command a terminal: of ASCII as their pictures, those beyond as what cannot be shown. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/g, (sign) => {
    const unit = sign.charCodeAt(0);
    if (unit > 127) return REPLACEMENT;
    return unit === 127 ? '\u2421' : String.fromCharCode(0x2400 + unit);
  });
}
