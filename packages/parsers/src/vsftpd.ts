/**
 * vsftpd: `[USER] FAIL LOGIN: Client "ADDR"`, `CONNECT: Client "ADDR"`, `[USER] OK UPLOAD: Client "ADDR",
 * "FILE", N bytes, …`. The user is the client's text, so what stands behind `Client` counts only where
 * the line can be read in one way. Its own file puts `WEEKDAY MONTH DAY TIME YEAR [pid N]` in front.
 */
import { setAddressPort } from './address-port.ts';
import { addFlag, bounded, endsWith, setSource, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';
import { readCtime, type TimeContext } from './timestamp.ts';

/** `Nov 21 …` begins like `Sat Nov 21 …` and is far more frequent. */
export function looksLikeVsftpd(line: string): boolean {
  return line.charCodeAt(3) === 32 && line.charCodeAt(4) >= 65;
}

/** The time in milliseconds (NaN when it does not exist) when the line is one of vsftpd's own file; else undefined. */
export function parseVsftpdFile(
  line: string,
  draft: Draft,
  context: TimeContext,
): number | undefined {
  if (!looksLikeVsftpd(line)) return undefined;
  const time = readCtime(line, 0, context);
  if (time === undefined || line.charAt(time.end) !== ' ') return undefined;
  const pid = /^\[pid (\d{1,10})\] /.exec(line.slice(time.end + 1, time.end + 20));
  if (pid === null) return undefined;
  draft.program = 'vsftpd';
  draft.pid = Number(pid[1]);
  if (time.isAmbiguous) addFlag(draft, 'ambiguous');
  parseVsftpd(line.slice(time.end + 1 + pid[0].length), draft);
  return time.ms;
}

/** Fills in what the message says. Every message of vsftpd is an event; what is not known is `info`. */
export function parseVsftpd(message: string, draft: Draft): void {
  if (startsWith(message, 'pam_') || startsWith(message, '(pam_')) return parsePam(message, draft);
  draft.log_type = 'auth';
  draft.action = 'ftp_event';
  draft.status = 'info';
  draft.protocol = 'ftp';
  const mark = ': Client "';
  const first = message.indexOf(mark);
  if (first < 0) return;
  let at = first;
  if (message.lastIndexOf(mark) !== first) {
    // Behind a login that failed nothing is written: its last client is vsftpd's, whatever the user is called.
    at = message.lastIndexOf(mark);
    if (
      !endsWith(message.slice(0, at), '] FAIL LOGIN') ||
      message.indexOf('"', at + mark.length) !== message.length - 1
    ) {
      if (message.slice(0, first).lastIndexOf('FAIL') >= 0) draft.status = 'failure';
      return addFlag(draft, 'ambiguous');
    }
  }
  const close = message.indexOf('"', at + mark.length);
  if (close < 0) return;
  const peer = message.slice(at + mark.length, close);
  const head = message.slice(0, at);
  const verbAt = head.charAt(0) === '[' ? head.lastIndexOf('] ') : -1;
  const verb = head.slice(verbAt < 0 ? 0 : verbAt + 2);
  if (!/^(?:CONNECT|DEBUG|FTP command|FTP response|(?:OK|FAIL) [A-Z]{4,8})$/.test(verb)) return;
  if (!setAddressPort(draft, peer, false)) setSource(draft, peer);
  if (verbAt > 0) draft.username = bounded(draft, head.slice(1, verbAt));
  const isFailure = startsWith(verb, 'FAIL ');
  if (endsWith(verb, ' LOGIN')) {
    draft.action = 'ftp_login';
    draft.auth_method = 'password';
    if (isFailure) draft.reason = 'bad_password';
  } else if (isFailure || startsWith(verb, 'OK ')) {
    draft.action = 'ftp_transfer';
    const file = /^, "([^"]+)"/.exec(message.slice(close + 1, close + 4200));
    const operation = verb.slice(verb.indexOf(' ') + 1).toLowerCase();
    draft.extra =
      file === null ? { operation: operation } : { operation: operation, file: file[1] as string };
  }
  if (isFailure) draft.status = 'failure';
  else if (startsWith(verb, 'OK ')) draft.status = 'success';
}
