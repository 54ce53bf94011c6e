import { describe, expect, it } from 'vitest';
import type { Draft } from './draft.ts';
import { takeDecoded } from './decode-url.ts';

function decode(target: string): Draft {
  const draft: Draft = {
    '@timestamp': '',
    message: '',
    log_type: 'web',
    action: 'http_request',
    status: 'info',
  };
  takeDecoded(target, draft);
  return draft;
}

describe('takeDecoded()', () => {
  it.each<[string, string, string]>([
    ['nothing to decode', '/a/b.html?c=d', '/a/b.html?c=d'],
    ['percent-encoding', '/%61%2Fb?c=%27x', "/a/b?c='x"],
    ['a plus is a blank in a query alone', '/a+b?c+d=%2B', '/a+b?c d=+'],
    ['UTF-8', '/caf%C3%A9/%E2%82%AC/%F0%9F%98%80', '/café/€/😀'],
    ['bytes of another character set', '/caf%E9', '/café'],
    ['cut short', '/a%', '/a%'],
    ['no hexadecimal digits', '/100%-%zz%4', '/100%-%zz%4'],
    ['dot segments', '/a/./b//c/../d', '/a/b/d'],
    ['dot segments at the end', '/a/b/..', '/a/'],
    ['encoded dot segments', '/cgi-bin/.%2e/%2e%2e/etc/passwd', '/../etc/passwd'],
    ['out of the root', '/../../etc/passwd', '/../../etc/passwd'],
    ['backslashes', '/a/..%5c..%5cwin.ini', '/../win.ini'],
    ['dots of a query are its own', '/a?f=../../b', '/a?f=../../b'],
    ['a semicolon makes it another segment', '/a/..;/b', '/a/..;/b'],
    ['NUL', '/a%00.png', '/a␀.png'],
    ['DEL and ESC', '/a?%7f%1b', '/a?␡␛'],
    ['blanks stay blanks', '/a?b%0d%0ac%09', '/a?b\r\nc\t'],
    ['half a pair', '/%ED%A0%80', '/�'],
    ['no scalar value', '/%F4%90%80%80', '/�'],
    ['a byte that begins nothing', '/%FF%F8%88', '/ÿø�'],
    ['what commands a terminal', '/a?%C2%9B1m', '/a?�1m'],
    ["nginx's escapes", '/a?b=\\x22c\\x5Cd', '/a?b="c\\d'],
    ["Apache's escapes", '/a?b=\\"c\\\\d', '/a?b="c\\d'],
    ['escaped bytes of one character', '/caf\\xC3\\xA9', '/café'],
    ['what no server escapes', '/a?b=\\x41', '/a?b=\\x41'],
    ['a question mark that is part of the path', '/a%3fb?c', '/a?b?c'],
    ['authority', 'example.org:443', 'example.org:443'],
  ])('%s: %s', (_name, target, decoded) => {
    expect(decode(target).url_decoded).toBe(decoded);
    expect(decode(target).flags).toBeUndefined();
  });

  it.each<[string, string, string, string]>([
    ['overlong in two bytes', '/%c0%ae%c0%ae/x', '/../x', 'odd_encoding'],
    ['overlong in three bytes', '/%e0%80%af', '/', 'odd_encoding'],
    ['of IIS', '/%u002e%U002E/x', '/../x', 'odd_encoding'],
    ['full width', '/?%uff1cscript%uFF1E', '/?<script>', 'odd_encoding'],
    ['doubled', '/%252e%252e/x', '/../x', 'double_encoding'],
    ['three layers', '/?%25253c', '/?<', 'double_encoding'],
    ['four layers', '/?%2525253c', '/?%3c', 'double_encoding'],
  ])('%s: %s', (_name, target, decoded, flag) => {
    expect(decode(target).url_decoded).toBe(decoded);
    expect(decode(target).flags).toEqual([flag]);
  });

  it('reads no more than a field may hold', () => {
    expect(decode(`/${'%61'.repeat(5000)}`).url_decoded?.length).toBeLessThanOrEqual(8192);
    expect(decode(`/${'a'.repeat(9000)}`).url_decoded?.length).toBe(8192);
  });
});
