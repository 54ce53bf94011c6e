/**
 * sudo: `alice : [REASON ; ]TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls -l`. A directory
 * name may contain ` ; COMMAND=`: rules then see everything behind the first one, and the event is
 * marked ambiguous.
 */
import { addFlag, bounded, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';

/** What `log_exit_status` puts behind the command; a user can type it as well. */
const EXIT = / ; (?:SIGNAL=[A-Z0-9+]{1,16} ; )?EXIT=(\d{1,3})$/;

export function parseSudo(message: string, draft: Draft): void {
  draft.log_type = 'command';
  draft.action = 'sudo_event';
  draft.status = 'info';
  if (startsWith(message, 'pam_') || startsWith(message, '(pam_')) return parsePam(message, draft);
  const userEnd = message.indexOf(' : ');
  if (userEnd < 0) return;
  draft.username = bounded(draft, message.slice(0, userEnd));
  // Without a terminal sudo-rs leaves its place empty.
  const rest = message.slice(userEnd + 3).replace(/^ /, '');
  if (startsWith(rest, '(command continued) ')) {
    draft.action = 'command_execution';
    draft.status = 'executed';
    draft.command = bounded(draft, rest.slice(20));
    return;
  }
  const commandAt = startsWith(rest, 'COMMAND=') ? 0 : rest.indexOf(' ; COMMAND=');
  const head = commandAt < 0 ? rest : rest.slice(0, commandAt);
  const parts = head === '' ? [] : head.split(' ; ');
  for (let i = 0; i < parts.length && i < 16; i++) {
    const part = parts[i] as string;
    if (startsWith(part, 'TTY=') && draft.tty === undefined)
      draft.tty = bounded(draft, part.slice(4));
    else if (startsWith(part, 'PWD=') && draft.working_directory === undefined)
      draft.working_directory = bounded(draft, part.slice(4));
    else if (startsWith(part, 'USER=') && draft.target_user === undefined)
      draft.target_user = bounded(draft, part.slice(5));
    else if (i === 0 && part.indexOf('=') < 0) {
      draft.status = 'failure';
      draft.reason = reasonOf(part);
    }
  }
  if (commandAt < 0) return;
  let command = rest.slice(commandAt + (commandAt === 0 ? 8 : 11));
  const exit = EXIT.exec(command.slice(-64));
  if (exit !== null) {
    command = command.slice(0, command.length - exit[0].length);
    draft.extra = { exit: exit[1] as string };
  }
  draft.action = 'command_execution';
  if (draft.status !== 'failure') draft.status = 'executed';
  draft.command = bounded(draft, command);
  draft.executable = executableOf(draft.command);
  if (command.indexOf(' ; COMMAND=') >= 0) addFlag(draft, 'ambiguous');
}

function reasonOf(text: string): string {
  if (text.indexOf('incorrect password') >= 0) return 'bad_password';
  if (text.indexOf('NOT in sudoers') >= 0) return 'not_in_sudoers';
  if (text.indexOf('command not allowed') >= 0) return 'command_not_allowed';
  if (text.indexOf('password is required') >= 0) return 'password_required';
  return 'refused';
}

/** The first word of a command line. */
export function executableOf(command: string): string {
  const blank = command.indexOf(' ');
  return blank < 0 ? command : command.slice(0, blank);
}
