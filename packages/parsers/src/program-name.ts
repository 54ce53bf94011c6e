/** The name of a program from what a header calls it: a word, or a path that only root can put a program at. */

const SYSTEM_FOLDERS = /^\/(?:usr|bin|sbin|lib|lib64|libexec|opt|nix|gnu|snap)\//;
/** `postfix/smtpd`, `postfix/submission/smtpd`, `postfix-out/smtpd`. */
const PARTS_OF_PROGRAMS = /^(?:postfix[\w.-]{0,32})\/(?:[\w-]{1,32}\/)?[\w-]{1,32}$/;

/** Without its path where the path is a system's; of any other path nothing is taken away, so no parser has that name. */
export function nameOfProgram(text: string): string {
  const slash = text.lastIndexOf('/');
  if (slash < 0) return text;
  if (slash === text.length - 1) return text;
  const isSystem = SYSTEM_FOLDERS.test(text) && text.indexOf('/../') < 0;
  return isSystem || PARTS_OF_PROGRAMS.test(text) ? text.slice(slash + 1) : text;
}
