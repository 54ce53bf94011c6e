/** GitLab's application log: `TIME: Failed Login: username=U ip=ADDR`. The address stands last, behind the user. */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { bounded, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login } from './login.ts';
import { readIsoTime } from './timestamp.ts';

const MARK = ': Failed Login: username=';

/** For lines that begin with a digit. */
export function looksLikeGitlab(line: string): boolean {
  return line.substr(24, MARK.length) === MARK;
}

export function parseGitlabLine(
  line: string,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const time = readIsoTime(line, 0, context);
  const peerAt = line.lastIndexOf(' ip=');
  if (time === undefined || time.end !== 24 || peerAt < 24 + MARK.length) return undefined;
  const peer = line.slice(peerAt + 4);
  if (readIpAddress(peer) === undefined) return undefined;
  draft.program = 'gitlab';
  draft.protocol = 'http';
  draft.username = bounded(draft, line.slice(24 + MARK.length, peerAt));
  login(draft, 'web_login', false, peer);
  return time.ms;
}
