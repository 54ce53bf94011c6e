/**
 * Access logs of nginx and Apache: common and combined, with a virtual host in front, with more fields
 * behind. Servers escape the quote in what clients send (\x22 or \"), so the first bare quote ends the
 * part that a client's user name can fill, and what follows is read from it. Nothing is unescaped
 * before the fields are apart.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { takeClient } from './access-client.ts';
import { takeDecoded } from './decode-url.ts';
import { bounded, endsWith, startsWith, type Draft } from './draft.ts';
import { readAccessTime } from './timestamp.ts';

/** The time in milliseconds (NaN when it does not exist) when the line is one of an access log; else undefined. */
export function parseAccessLog(line: string, draft: Draft): number | undefined {
  const timeMs = parseLineOfClient(line, draft);
  // A table's export puts a quote around each line.
  return timeMs === undefined && line.charAt(0) === '"' && endsWith(line, '"')
    ? parseLineOfClient(line.slice(1, -1), draft)
    : timeMs;
}

function parseLineOfClient(line: string, draft: Draft): number | undefined {
  if (line.charAt(0) === '[') {
    const timeMs = parseTimeFirst(line, draft);
    if (timeMs !== undefined) return timeMs;
  }
  const place = findRequest(line);
  if (place === undefined) return undefined;
  const requestEnd = closingQuote(line, place.quote + 1);
  if (requestEnd < 0) return undefined;
  // Some formats leave the size out.
  const behind = /^ (\d{3}|-)(?: (\d{1,16}|-))?(?= |$)/.exec(
    line.slice(requestEnd + 1, requestEnd + 30),
  );
  if (behind === null) return undefined;
  if (!takeClient(line.slice(0, place.bracket - 1), draft)) return undefined;
  startRequest(draft);
  if (place.host !== '') draft.http_host = place.host;
  takeStatus(behind[1] as string, draft);
  takeBytes(behind[2] || '-', draft);
  takeRequest(line.slice(place.quote + 1, requestEnd), draft);
  quoted(line, requestEnd + 1 + behind[0].length, draft);
  return place.timeMs;
}

function startRequest(draft: Draft): void {
  draft.log_type = 'web';
  draft.action = 'http_request';
  draft.status = 'info';
}

function takeBytes(text: string, draft: Draft): void {
  if (text !== '-' && Number(text) <= 9007199254740991) draft.bytes = Number(text);
}

/**
 * Formats that begin with the time: Apache's ssl_request_log (`[TIME] ADDR TLSv1.2 CIPHER "REQUEST" BYTES`),
 * nginx with a host in front (`[TIME] VHOST ADDR SECONDS "REQUEST" STATUS BYTES …`), Nginx Proxy Manager
 * (`[TIME] CACHE STATUS STATUS - METHOD SCHEME HOST "PATH" [Client ADDR] [Length N] … "AGENT" "REFERRER"`).
 */
function parseTimeFirst(line: string, draft: Draft): number | undefined {
  const close = line.indexOf('] ');
  const open = line.indexOf('"');
  const end = open < 0 ? -1 : closingQuote(line, open + 1);
  if (close < 19 || close > 29 || end < 0) return undefined;
  const timeMs = readAccessTime(line.slice(1, close));
  // Never empty: an engine of Filebeat's age splits an empty text into nothing.
  const words = (line.slice(close + 2, open - 1) || '-').split(' ', 12);
  const text = line.slice(open + 1, end);
  const proxied = /^ \[Client ([0-9a-fA-F.:]{2,45})\] \[Length (\d{1,16}|-)\]/.exec(
    line.slice(end + 1, end + 300),
  );
  if (proxied !== null && words.length === 7) {
    const peer = readIpAddress(proxied[1] as string);
    if (peer === undefined) return undefined;
    startRequest(draft);
    draft.source_ip = peer.address;
    takeStatus(words[2] as string, draft);
    takeBytes(proxied[2] as string, draft);
    draft.http_method = words[4] as string;
    draft.http_host = words[6] as string;
    takeTarget(text, draft);
    // `[Gzip 3.2] [Sent-to 10.0.0.1] "AGENT" "REFERRER"`
    let at = end + 1 + proxied[0].length;
    for (let i = 0; i < 8 && line.substr(at, 2) === ' ['; i++) at = line.indexOf(']', at) + 1 || at;
    const agent = /^ "([^"]*)"/.exec(line.slice(at));
    if (agent !== null && agent[1] !== '-') draft.user_agent = bounded(draft, agent[1] as string);
    return timeMs;
  }
  const rest = line.slice(end + 1);
  const behind = /^ (\d{1,16}|-)(?:$| (\d{1,16}|-) (\d{1,16}|-) (?=[^ ]))/.exec(rest);
  const referrerAt = behind === null ? 0 : behind[0].length;
  const referrerEnd = rest.indexOf(' ', referrerAt);
  const isHostFirst =
    behind !== null && behind[2] !== undefined && readIpAddress(words[1] || '') !== undefined;
  const peer = readIpAddress(words[isHostFirst ? 1 : 0] as string);
  if (
    peer === undefined ||
    behind === null ||
    (behind[2] !== undefined && (referrerEnd < 0 || referrerEnd === rest.length - 1)) ||
    (!isHostFirst && !/^(?:TLS|SSL)/.test(words[1] || ''))
  )
    return undefined;
  startRequest(draft);
  draft.source_ip = peer.address;
  takeRequest(text, draft);
  if (isHostFirst) {
    draft.http_host = words[0] as string;
    takeStatus(behind[1] as string, draft);
    takeBytes(behind[2] as string, draft);
    const referrer = rest.slice(referrerAt, referrerEnd);
    const agent = rest.slice(referrerEnd + 1);
    if (referrer !== '-') draft.referrer = bounded(draft, referrer);
    if (agent !== '-') draft.user_agent = bounded(draft, agent);
  } else takeBytes(behind[1] as string, draft);
  return timeMs;
}

function takeStatus(text: string, draft: Draft): void {
  if (!/^\d{3}$/.test(text)) return;
  draft.http_status = Number(text);
  draft.status = draft.http_status >= 400 ? 'failure' : 'success';
}

interface RequestPlace {
  readonly bracket: number;
  readonly quote: number;
  readonly timeMs: number;
  /** A virtual host between the time and the request. */
  readonly host: string;
}

/** Quotes looked at: a quoted user name may stand before the request. */
const MAX_QUOTES = 4;

/** The first `[TIME] "`: a client cannot write that before the server does, its quotes are escaped. */
function findRequest(line: string): RequestPlace | undefined {
  let quote = line.indexOf('"');
  for (let i = 0; i < MAX_QUOTES && quote >= 0; i++) {
    if (line.charAt(quote - 1) === ' ') {
      let close = quote - 2;
      let host = '';
      if (line.charAt(close) !== ']') {
        const blank = line.lastIndexOf(' ', close);
        host = line.slice(blank + 1, quote - 1);
        close = /^[A-Za-z0-9_.:-]{1,255}$/.test(host) ? blank - 1 : -1;
      }
      const bracket = line.charAt(close) === ']' ? line.lastIndexOf('[', close) : -1;
      if (bracket > 0 && close - bracket <= 28 && line.charAt(bracket - 1) === ' ') {
        const text = line.slice(bracket + 1, close);
        if (/^\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d/.test(text))
          return { bracket: bracket, quote: quote, timeMs: readAccessTime(text), host: host };
      }
    }
    quote = line.indexOf('"', quote + 1);
  }
  return undefined;
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
export function takeRequest(text: string, draft: Draft): void {
  const match = /^([A-Z][A-Za-z_-]{0,31}) /.exec(text);
  if (match === null) {
    // No request of HTTP: TLS on a plain port, another protocol, nothing at all.
    if (text !== '' && text !== '-') draft.url_original = bounded(draft, text);
    return;
  }
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
  takeTarget(target, draft);
}

/** Original target, host of an absolute one, path and query. */
export function takeTarget(target: string, draft: Draft): void {
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
  takeDecoded(path, draft);
}

/** Numbers of the server's own that a format may have behind the size: bytes in and out, `0.005`, `rt=0.005`. */
const MAX_NUMBERS = 8;

/** ` "REFERRER" "USER AGENT"`. */
function quoted(line: string, behindSize: number, draft: Draft): void {
  let start = behindSize;
  for (let i = 0; i < MAX_NUMBERS && line.charAt(start) === ' '; i++) {
    if (line.charAt(start + 1) === '"') break;
    const blank = line.indexOf(' ', start + 1);
    const number = blank < 0 ? '' : line.slice(start + 1, blank);
    if (!/^(?:[a-z_]{1,32}=)?[\d.,:-]{1,32}$/.test(number)) return;
    start = blank;
  }
  if (line.substr(start, 2) !== ' "') return;
  const referrerEnd = closingQuote(line, start + 2);
  if (referrerEnd < 0) return;
  const referrer = line.slice(start + 2, referrerEnd);
  if (referrer !== '-' && referrer !== '') draft.referrer = bounded(draft, referrer);
  if (line.substr(referrerEnd + 1, 2) !== ' "') return;
  let agentEnd = closingQuote(line, referrerEnd + 3);
  if (agentEnd < 0) agentEnd = line.length; // the line was cut
  // Some servers do not escape quotes in the user agent, the last field: then the line's last quote ends it.
  if (agentEnd < line.length - 1 && line.charAt(agentEnd + 1) !== ' ' && endsWith(line, '"'))
    agentEnd = line.length - 1;
  const agent = line.slice(referrerEnd + 3, agentEnd);
  if (agent !== '-' && agent !== '') draft.user_agent = bounded(draft, agent);
}
