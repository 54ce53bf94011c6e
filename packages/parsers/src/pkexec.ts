/**
 * pkexec of polkit: `alice: Executing command [USER=root] [TTY=/dev/pts/3] [CWD=/home/alice]
 * [COMMAND=/usr/bin/id]`. Directory and command are the user's text and stand last.
 */
import { addFlag, bounded, endsWith, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';
import { executableOf } from './sudo.ts';

export function parsePkexec(message: string, draft: Draft): void {
  if (startsWith(message, 'pam_') || startsWith(message, '(pam_')) return parsePam(message, draft);
  draft.log_type = 'command';
  draft.action = 'pkexec_event';
  draft.status = 'info';
  const nameEnd = message.indexOf(': ');
  const fields = message.indexOf(' [USER=');
  if (nameEnd < 1 || nameEnd > 256 || fields < nameEnd) return;
  draft.username = bounded(draft, message.slice(0, nameEnd));
  const said = message.slice(nameEnd + 2, fields);
  const tty = message.indexOf('] [TTY=', fields);
  const cwd = message.indexOf('] [CWD=', tty);
  const command = message.indexOf('] [COMMAND=', cwd);
  if (tty < 0 || cwd < 0 || command < 0 || !endsWith(message, ']')) return;
  draft.target_user = bounded(draft, message.slice(fields + 7, tty));
  draft.tty = bounded(draft, message.slice(tty + 7, cwd));
  draft.working_directory = bounded(draft, message.slice(cwd + 7, command));
  draft.command = bounded(draft, message.slice(command + 11, -1));
  draft.executable = executableOf(draft.command);
  if (message.indexOf('] [COMMAND=', command + 1) >= 0) addFlag(draft, 'ambiguous');
  draft.action = 'command_execution';
  draft.status = said === 'Executing command' ? 'executed' : 'failure';
  if (draft.status === 'executed') return;
  if (said.indexOf('The value for ') === 0) draft.reason = 'bad_environment';
  else if (said.indexOf('Not authorized') >= 0) draft.reason = 'not_authorized';
  else draft.reason = 'refused';
}
