/** Message → event: the program of the envelope names the parser. */
import { ACCOUNT_PROGRAMS, parseAccountChange } from './account-change.ts';
import { parseCron } from './cron.ts';
import { parseDoas } from './doas.ts';
import type { Draft } from './draft.ts';
import { parseDropbear } from './dropbear.ts';
import { parseFirewall } from './firewall.ts';
import { parseLogind } from './logind.ts';
import { parsePam } from './pam.ts';
import { parsePkexec } from './pkexec.ts';
import { parseScanlogd } from './scanlogd.ts';
import { parseSshd } from './sshd.ts';
import { parseSu } from './su.ts';
import { parseSudo } from './sudo.ts';
import { parseVsftpd } from './vsftpd.ts';

/** True when the program is one of ours and the draft was filled in. */
export function parseMessage(
  program: string,
  module: string | undefined,
  message: string,
  draft: Draft,
): boolean {
  if (module !== undefined && module.lastIndexOf('pam_', 0) === 0) return pamOnly(message, draft);
  switch (program) {
    case 'sshd':
    case 'sshd-session':
    case 'sshd-auth':
      parseSshd(message, draft);
      return true;
    case 'sudo':
      parseSudo(message, draft);
      return true;
    case 'su':
      parseSu(message, draft);
      return true;
    case 'CRON':
    case 'cron':
    case 'crond':
    case 'crontab':
      parseCron(message, draft);
      return true;
    case 'systemd-logind':
      parseLogind(message, draft);
      return true;
    case 'kernel':
      return parseFirewall(message.replace(/^\[ {0,12}\d{1,12}\.\d{1,9}\] ?/, ''), draft);
    case 'dropbear':
      parseDropbear(message, draft);
      return true;
    case 'vsftpd':
      parseVsftpd(message, draft);
      return true;
    case 'doas':
      parseDoas(message, draft);
      return true;
    case 'pkexec':
      parsePkexec(message, draft);
      return true;
    case 'scanlogd':
      return parseScanlogd(message, draft);
    default:
      break;
  }
  if (ACCOUNT_PROGRAMS.indexOf(program) >= 0) {
    parseAccountChange(message, draft);
    return true;
  }
  if (message.indexOf(' SRC=') > 0 && parseFirewall(message, draft)) return true;
  return /^\(?pam_[a-z]/.test(message) ||
    /^(?:PAM )?(?:\d+ more )?authentication failures?; logname=/.test(message)
    ? pamOnly(message, draft)
    : false;
}

function pamOnly(message: string, draft: Draft): boolean {
  parsePam(message, draft);
  return draft.action !== '';
}
