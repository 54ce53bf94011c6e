/**
 * doas: `alice ran command ls -l as root from /home/alice`, older `alice ran command as root: ls -l`;
 * `command not permitted for alice: ls`, older `failed command for alice: ls`; `failed auth for alice`.
 */
import { bounded, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';
import { executableOf } from './sudo.ts';

export function parseDoas(message: string, draft: Draft): void {
  if (startsWith(message, 'pam_') || startsWith(message, '(pam_')) return parsePam(message, draft);
  draft.log_type = 'command';
  draft.action = 'doas_event';
  draft.status = 'info';
  const auth =
    /^(?:failed auth|failed password|tty required|password required) for (\S{1,256})$/.exec(
      message,
    );
  if (auth !== null) {
    draft.action = 'doas_auth';
    draft.status = 'failure';
    draft.reason = startsWith(message, 'failed') ? 'bad_password' : 'password_required';
    draft.username = auth[1] as string;
    return;
  }
  const refused = /^(?:command not permitted|failed command) for ([^\s:]{1,256}): /.exec(
    message.slice(0, 320),
  );
  if (refused !== null) {
    draft.status = 'failure';
    draft.reason = 'command_not_allowed';
    draft.username = refused[1] as string;
    return took(message.slice(refused[0].length), draft);
  }
  const ran = /^(\S{1,256}) ran command /.exec(message.slice(0, 320));
  if (ran === null) return;
  draft.status = 'executed';
  draft.username = ran[1] as string;
  const rest = message.slice(ran[0].length);
  const old = /^as ([^\s:]{1,256}): /.exec(rest.slice(0, 300));
  if (old !== null) {
    draft.target_user = old[1] as string;
    return took(rest.slice(old[0].length), draft);
  }
  // The command is the user's text; target and directory stand behind it.
  const from = rest.lastIndexOf(' from ');
  const as = rest.lastIndexOf(' as ', from < 0 ? rest.length : from);
  if (from < 0 || as < 0) return took(rest, draft);
  draft.target_user = bounded(draft, rest.slice(as + 4, from));
  draft.working_directory = bounded(draft, rest.slice(from + 6));
  took(rest.slice(0, as), draft);
}

function took(command: string, draft: Draft): void {
  draft.action = 'command_execution';
  draft.command = bounded(draft, command);
  draft.executable = executableOf(draft.command);
}
