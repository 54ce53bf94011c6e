/**
 * The command of an event of auditd. EXECVE has the arguments, in several records when they are long; SYSCALL before it
 * says who. The event is told by the record that completes the arguments, in the same fields as a command of sudo:
 * what comes behind it (CWD, PATH, PROCTITLE) is not waited for, since it may be switched off and the event must not
 * be lost. After a restart in between the arguments are still told, without the user.
 */
import { LIMITS } from '@mini-soc/model/limits';
import {
  textOf,
  userOf,
  type AuditEvent,
  type AuditFields,
  type AuditRecord,
} from './audit-record.ts';
import { bounded, MAX_FIELD, type Draft } from './draft.ts';

const MAX_ARGUMENTS = LIMITS.audit_arguments.value;

/** execve and execveat on the machines that are in use. */
const EXECUTING = ['59', '322', '11', '358', '221', '281', '387'];

export function isExecuting(call: AuditFields): boolean {
  const name = call['SYSCALL'];
  if (name !== undefined) return name === 'execve' || name === 'execveat';
  return EXECUTING.indexOf(call['syscall'] || '') >= 0;
}

/** Adds the arguments of a record of EXECVE; true when they are complete now. */
export function takeArguments(fields: AuditFields, event: AuditEvent): boolean {
  const isFirst = event.args === undefined;
  const args = event.args || [];
  event.args = args;
  for (const key in fields) {
    const place = /^a(\d{1,5})(?:\[\d{1,5}\])?$/.exec(key);
    if (place === null) continue;
    const at = Number(place[1]);
    if (at >= MAX_ARGUMENTS || event.length > MAX_FIELD) continue;
    const part = argumentOf(fields[key] as string);
    args[at] = (args[at] || '') + part;
    event.length += part.length;
  }
  const count = Number(fields['argc']);
  if (isFirst && !(count > 0)) return true; // the rest of an event whose first record is not known
  if (isFirst) args.length = Math.min(count, MAX_ARGUMENTS);
  // What is too long is told as far as it is kept.
  if (event.length > MAX_FIELD) return true;
  return args.length > 0 && args[args.length - 1] !== undefined && isWhole(fields, args);
}

/** An argument is empty or a number of digits without quotes: it is always hexadecimal then. */
function argumentOf(value: string): string {
  return value === '""' ? '' : textOf(value) || '';
}

/** `a1_len=N` announces an argument in parts, whose last one ends it. */
function isWhole(fields: AuditFields, args: readonly string[]): boolean {
  const last = fields['a' + (args.length - 1) + '_len'];
  if (last === undefined) return true;
  return (args[args.length - 1] as string).length * 2 >= Number(last);
}

/** The command as a shell would be given it. */
export function commandOf(args: readonly (string | undefined)[]): string {
  let command = '';
  for (let i = 0; i < args.length && command.length <= MAX_FIELD; i++)
    command += (i === 0 ? '' : ' ') + quoted(args[i] || '');
  return command;
}

function quoted(text: string): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(text)) return text;
  return "'" + text.replace(/'/g, "'\\''") + "'";
}

/** Fills in who ran it and what. */
export function takeCommand(
  command: string,
  record: AuditRecord,
  call: AuditFields | undefined,
  draft: Draft,
): void {
  draft.log_type = 'command';
  draft.action = 'command_execution';
  draft.status = 'executed';
  draft.command = bounded(draft, command);
  takeProcess(call || record.fields, draft);
  if (draft.executable === undefined) {
    const blank = command.indexOf(' ');
    draft.executable = bounded(draft, blank < 0 ? command : command.slice(0, blank));
  }
}

/** Who a process belongs to: who logged in, and as whom it runs. */
export function takeProcess(fields: AuditFields, draft: Draft): void {
  const actor = userOf(fields, 'auid');
  const owner = userOf(fields, 'euid') || userOf(fields, 'uid');
  if (actor !== undefined || owner !== undefined)
    draft.username = bounded(draft, actor || (owner as string));
  if (owner !== undefined) draft.target_user = bounded(draft, owner);
  const executable = textOf(fields['exe']);
  if (executable !== undefined) draft.executable = bounded(draft, executable);
  const tty = fields['tty'] || textOf(fields['terminal']);
  if (tty !== undefined && tty.charAt(0) !== '(' && tty !== '?') draft.tty = bounded(draft, tty);
  if (/^\d{1,10}$/.test(fields['pid'] || '') && Number(fields['pid']) <= 4294967295)
    draft.pid = Number(fields['pid']);
}
