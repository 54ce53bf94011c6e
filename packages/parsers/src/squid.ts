/**
 * Squid's own access log: `EPOCH.MS ELAPSED ADDR RESULT/STATUS BYTES METHOD URL USER HIERARCHY/PEER TYPE`. Only what it
 * refuses is told: what people behind a proxy read says nothing of an attack on us.
 */
import { setSource, type Draft } from './draft.ts';

const LINE =
  /^(\d{9,11})\.(\d{3}) {1,8}\d{1,12} ([0-9a-fA-F.:]{2,45}) ([A-Z_]{3,48})\/(\d{3}) \d{1,16} [A-Z_-]{1,32} /;

/** For lines that begin with a digit. */
export function looksLikeSquid(line: string): boolean {
  return line.charCodeAt(10) === 46 && LINE.test(line.slice(0, 200));
}

export function parseSquidLine(line: string, draft: Draft): number | undefined {
  const found = LINE.exec(line.slice(0, 200));
  if (found === null || !parseSquid(line, draft)) return undefined;
  draft.program = 'squid';
  return Number(found[1]) * 1000 + Number(found[2]);
}

export function parseSquid(message: string, draft: Draft): boolean {
  const found = LINE.exec(message.slice(0, 200));
  if (found === null) return false;
  const result = found[4] as string;
  const isRefused = result.indexOf('DENIED') >= 0 || (result === 'NONE' && Number(found[5]) >= 400);
  if (!isRefused || !setSource(draft, found[3] as string)) return false;
  draft.log_type = 'network';
  draft.action = 'proxy_refused';
  draft.status = 'blocked';
  draft.protocol = 'http';
  draft.http_status = Number(found[5]);
  return true;
}
