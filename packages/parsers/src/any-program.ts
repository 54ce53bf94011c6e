/** Messages of programs that have no format of their own, as far as they tell by themselves what they are. */
import { parseAppliance } from './appliance-firewall.ts';
import type { Draft } from './draft.ts';
import { parseDrupal } from './drupal.ts';
import { parseFirewall } from './firewall.ts';
import { parsePam } from './pam.ts';

/** True when the message is a packet line, of a module of PAM or of Drupal, and the draft was filled in. */
export function parseAnyProgram(message: string, draft: Draft): boolean {
  if (message.indexOf(' SRC=') > 0 && parseFirewall(message, draft)) return true;
  return parseAppliance(message, draft) || parseAnyLogin(message, draft);
}

/** The same of programs that see no packets: words of their clients stand in their messages. */
export function parseAnyLogin(message: string, draft: Draft): boolean {
  if (parseDrupal(message, draft)) return true;
  return /^\(?pam_[a-z]/.test(message) ||
    /^(?:PAM )?(?:\d+ more )?authentication failures?; logname=/.test(message)
    ? parsePamOnly(message, draft)
    : false;
}

/** True when the message of a module of PAM says something of a login or session. */
export function parsePamOnly(message: string, draft: Draft): boolean {
  parsePam(message, draft);
  return draft.action !== '';
}
