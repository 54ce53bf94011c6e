/**
 * sudo: `alice : [REASON ; ]TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls -l`. A directory
 * name may contain ` ; COMMAND=`: rules then see everything behind the first one, and the event is
 * marked ambiguous.
 */
import { addFlag, bounded, endsWith, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';

export function parseSudo(message: string, draft: Draft): void {
  draft.log_type = 'command';
  draft.action = 'sudo_event';
  draft.status = 'info';
  if (startsWith(message, 'pam_') || startsWith(message, '(pam_')) return parsePam(message, draft);
  const userEnd = message.indexOf(' : ');
  if (userEnd < 0) return;
  draft.username = bounded(draft, message.slice(0, userEnd));
  // sudo-rs leaves TTY= away without a terminal, and its blank stays.
  const rest = message.slice(userEnd + (message.charCodeAt(userEnd + 3) === 32 ? 4 : 3));
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
  const command = rest.slice(commandAt + (commandAt === 0 ? 8 : 11)).replace(OUTCOME, '');
  draft.action = 'command_execution';
  if (draft.status !== 'failure') draft.status = 'executed';
  draft.command = bounded(draft, command);
  draft.executable = executableOf(draft.command);
  if (command.indexOf(' ; COMMAND=') >= 0) addFlag(draft, 'ambiguous');
}

/** What sudo writes behind a command that ended (`log_exit_status`). */
const OUTCOME = /(?: ; SIGNAL=[A-Z0-9+]{1,12})?(?: ; EXIT=[0-9]{1,10})$/;

/**
 * True when the line tells the end of the command that the line before it told the start of: the same process, the
 * same words. A user can type `; EXIT=0` as well; alone it leaves nothing out.
 */
export function endsCommand(message: string, draft: Draft, previousLine: string): boolean {
  if (draft.pid === undefined || !OUTCOME.test(message.slice(-64))) return false;
  const start = message.replace(OUTCOME, '');
  return endsWith(previousLine, start) && previousLine.indexOf(`[${draft.pid}]`) >= 0;
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
