/**
 * HAProxy's `option httplog`: `ADDR:PORT [TIME] FRONTEND BACKEND/SERVER TIMES STATUS BYTES … {CAPTURED} "REQUEST"`. It
 * writes quotes and braces of a client as #22 and so on, and its time without a zone: that of the header is taken.
 */
import { takeRequest } from './access-log.ts';
import { setAddressPort } from './address-port.ts';
import { endsWith, type Draft } from './draft.ts';

const HEAD =
  /^([0-9a-fA-F.:]{2,45}:\d{1,5}) \[\d\d\/[A-Z][a-z]{2}\/\d{4}:[0-9:.]{8,16}\] [^\s]{1,128} [^\s]{1,255} [0-9+/-]{9,64} (\d{3}|-1) \+?(\d{1,15}) [^\s]{1,255} [^\s]{1,255} [A-Za-z-]{4} [0-9/+]{9,48} [0-9/]{3,24} /;

/** False when the message is no request. */
export function parseHaproxy(message: string, draft: Draft): boolean {
  const head = HEAD.exec(message.slice(0, 900));
  if (head === null) return false;
  const quote = message.indexOf('"', head[0].length);
  if (quote < 0 || !setAddressPort(draft, head[1] as string, true)) return false;
  const status = Number(head[2]);
  draft.log_type = 'web';
  draft.action = 'http_request';
  draft.status = status >= 400 ? 'failure' : status > 0 ? 'success' : 'info';
  if (status > 0) draft.http_status = status;
  draft.bytes = Number(head[3]);
  takeRequest(message.slice(quote + 1, endsWith(message, '"') ? -1 : undefined), draft);
  return true;
}
