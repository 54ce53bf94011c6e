/**
 * Access logs of nginx and Apache: common and combined, with a virtual host in front, with more fields
 * behind. Servers escape the quote in what clients send (\x22 or \"), so the first bare quote ends the
 * part that a client's user name can fill, and what follows is read from it. Nothing is unescaped
 * before the fields are apart.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { bounded, endsWith, startsWith, type Draft } from './draft.ts';
import { readAccessTime } from './timestamp.ts';

/** The time in milliseconds (NaN when it does not exist) when the line is one of an access log; else undefined. */
export function parseAccessLog(line: string, draft: Draft): number | undefined {
  const quote = line.indexOf('"');
  if (quote < 30 || line.substr(quote - 2, 2) !== '] ') return undefined;
  const bracket = quote - 29;
  if (line.charAt(bracket) !== '[' || line.charAt(bracket - 1) !== ' ') return undefined;
  const timeMs = readAccessTime(line.slice(bracket + 1, quote - 2));
  if (timeMs !== timeMs && !/^\d\d\/[A-Z][a-z]{2}\/\d{4}:/.test(line.slice(bracket + 1, quote - 2)))
    return undefined;
  const requestEnd = closingQuote(line, quote + 1);
  if (requestEnd < 0) return undefined;
  const behind = /^ (\d{3}|-) (\d{1,16}|-)(?= |$)/.exec(
    line.slice(requestEnd + 1, requestEnd + 30),
  );
  if (behind === null) return undefined;
  if (!client(line.slice(0, bracket - 1), draft)) return undefined;
  draft.log_type = 'web';
  draft.action = 'http_request';
  draft.status = 'info';
  if (behind[1] !== '-') {
    draft.http_status = Number(behind[1]);
    draft.status = draft.http_status >= 400 ? 'failure' : 'success';
  }
  if (behind[2] !== '-' && Number(behind[2]) <= 9007199254740991) draft.bytes = Number(behind[2]);
  request(line.slice(quote + 1, requestEnd), draft);
  quoted(line, requestEnd + 1 + behind[0].length, draft);
  return timeMs;
}

/** `[VHOST ]ADDR IDENT USER`. */
function client(head: string, draft: Draft): boolean {
  let rest = head;
  let word = firstWord(rest);
  let peer = readIpAddress(word);
  if (peer === undefined) {
    const second = firstWord(rest.slice(word.length + 1));
    const afterHost = readIpAddress(second);
    if (afterHost !== undefined && second !== '') {
      draft.http_host = bounded(draft, word);
      rest = rest.slice(word.length + 1);
      word = second;
      peer = afterHost;
    }
  }
  if (peer !== undefined) {
    draft.source_ip = peer.address;
    if (peer.zone !== undefined) draft.source_zone = peer.zone;
  } else if (/^[A-Za-z0-9_.\-]{1,255}$/.test(word)) {
    if (word !== '-') draft.source_host = word;
  } else return false;
  rest = rest.slice(word.length + 1);
  const ident = firstWord(rest);
  if (ident === '') return false;
  const user = rest.slice(ident.length + 1);
  if (user !== '' && user !== '-') draft.username = bounded(draft, user);
  return true;
}

function firstWord(text: string): string {
  const blank = text.indexOf(' ');
  return blank < 0 ? text : text.slice(0, blank);
}

/** Index of the quote that is not escaped; -1 when there is none. */
function closingQuote(line: string, start: number): number {
  for (let at = line.indexOf('"', start); at >= 0; at = line.indexOf('"', at + 1)) {
    let slashes = 0;
    while (line.charAt(at - 1 - slashes) === '\\' && at - 1 - slashes >= start) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

/** `METHOD TARGET HTTP/1.1`; anything else (TLS bytes, nothing) leaves method and path absent. */
function request(text: string, draft: Draft): void {
  const match = /^([A-Z][A-Za-z_-]{0,31}) /.exec(text);
  if (match === null) return;
  const last = text.lastIndexOf(' ');
  let end = text.length;
  if (
    last >= match[0].length &&
    startsWith(text.slice(last + 1), 'HTTP/') &&
    text.length - last <= 12
  ) {
    draft.http_version = text.slice(last + 6);
    end = last;
  }
  const target = text.slice(match[0].length, end);
  if (target === '') return;
  draft.http_method = match[1] as string;
  draft.url_original = bounded(draft, target);
  let path = target;
  const absolute = /^https?:\/\/([^/?#]{0,255})/i.exec(target);
  if (absolute !== null) {
    draft.http_host = absolute[1] as string;
    path = target.slice(absolute[0].length) || '/';
  }
  const question = path.indexOf('?');
  draft.url_path = bounded(draft, question < 0 ? path : path.slice(0, question));
  if (question >= 0) draft.url_query = bounded(draft, path.slice(question + 1));
}

/** ` "REFERRER" "USER AGENT"`. */
function quoted(line: string, start: number, draft: Draft): void {
  if (line.substr(start, 2) !== ' "') return;
  const referrerEnd = closingQuote(line, start + 2);
  if (referrerEnd < 0) return;
  const referrer = line.slice(start + 2, referrerEnd);
  if (referrer !== '-' && referrer !== '') draft.referrer = bounded(draft, referrer);
  if (line.substr(referrerEnd + 1, 2) !== ' "') return;
  let agentEnd = closingQuote(line, referrerEnd + 3);
  if (agentEnd < 0) return;
  // Some servers do not escape quotes in the user agent, the last field: then the line's last quote ends it.
  if (agentEnd < line.length - 1 && line.charAt(agentEnd + 1) !== ' ' && endsWith(line, '"'))
    agentEnd = line.length - 1;
  const agent = line.slice(referrerEnd + 3, agentEnd);
  if (agent !== '-' && agent !== '') draft.user_agent = bounded(draft, agent);
}
