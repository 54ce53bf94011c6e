/** cron: `(root) CMD (/usr/bin/run-parts …)`. Whatever the command says, it is a cron event. */
import { bounded, endsWith, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';
import { executableOf } from './sudo.ts';

export function parseCron(message: string, draft: Draft): void {
  draft.log_type = 'system';
  draft.action = 'cron_event';
  draft.status = 'info';
  if (startsWith(message, 'pam_')) return parsePam(message, draft);
  const userEnd = message.indexOf(') ');
  if (message.charAt(0) !== '(' || userEnd < 0) return;
  draft.username = bounded(draft, message.slice(1, userEnd));
  const rest = message.slice(userEnd + 2);
  if (startsWith(rest, 'CMD (') && endsWith(rest, ')')) {
    draft.action = 'cron_command';
    draft.status = 'executed';
    draft.command = bounded(draft, rest.slice(5, -1).replace(/^ +/, ''));
    draft.executable = executableOf(draft.command);
  } else if (/^(?:REPLACE|BEGIN EDIT|END EDIT|DELETE) \(/.test(rest))
    draft.action = 'crontab_changed';
}
