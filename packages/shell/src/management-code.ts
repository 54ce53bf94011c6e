/**
 * Mitogen, which ansible can use, starts itself as one python command: a text that unpacks itself, and at times the
 * name of its user behind it. What the text does nobody can read here; that it ran is told by a trait of its own.
 * sudo logs the command without its quotes, so that a shell would read several of it.
 */
import { startsWith } from './invocation.ts';

const PYTHON = /^python[\d.]{0,8}$/;
const BEFORE = 'import codecs,os,sys;_=codecs.decode;exec(_(_("';
const AFTER = '".encode(),"base64"),"zip"))';
const PACKED = /^[\w+/=]+$/;
const USER = /^ mitogen:[\w.@:-]+$/;

/** The program of such a command; undefined for any other. */
export function managementProgram(text: string): string | undefined {
  const option = text.indexOf(' -c ');
  if (option < 0) return undefined;
  const blank = text.indexOf(' ');
  const program = text.slice(text.lastIndexOf('/', blank) + 1, blank);
  if (!PYTHON.test(program) || (option > blank && !isOptions(text.slice(blank + 1, option))))
    return undefined;
  const quote = text.charAt(option + 4) === "'" ? "'" : '';
  const code = text.slice(option + 4 + quote.length).replace(/\\"/g, '"');
  const end = code.indexOf(AFTER + quote);
  if (!startsWith(code, BEFORE) || end < 0) return undefined;
  const behind = code.slice(end + AFTER.length + quote.length);
  const isAll = behind === '' || USER.test(behind);
  return isAll && PACKED.test(code.slice(BEFORE.length, end)) ? program : undefined;
}

const isOptions = (text: string): boolean => /^-[A-Za-z]{1,9}$/.test(text);
