/**
 * auditd: commands that were run, logins and changes of accounts as programs report them, what the kernel thinks odd.
 * The records of one event share its serial number; which of them is told is said in `audit-command.ts`. A login is a
 * `host_login` of its own: sshd, PAM and sudo tell of the same in another log, and nothing shall be counted twice.
 */
import {
  commandOf,
  isExecuting,
  takeArguments,
  takeCommand,
  takeProcess,
} from './audit-command.ts';
import {
  callOf,
  readAuditRecord,
  textOf,
  type AuditEvent,
  type AuditRecord,
} from './audit-record.ts';
import { bounded, setSource, type Draft } from './draft.ts';
import { readDenied } from './kernel-event.ts';
import type { FileMemory, ReadContext } from './file-memory.ts';
import { remember } from './remembered.ts';

/** A record: a line of audit.log, or what came by syslog; false when it is none, or has no meaning of its own. */
export function parseAuditMessage(
  message: string,
  draft: Draft,
  context: ReadContext,
): number | false {
  const record = readAuditRecord(message);
  if (record === undefined) return false;
  draft.program = 'auditd';
  if (record.node !== undefined) draft.hostname = record.node;
  return tell(record, draft, context.memory) ? record.timeMs : false;
}

/** False when the record has no meaning of its own. */
function tell(record: AuditRecord, draft: Draft, memory: FileMemory | undefined): boolean {
  switch (record.type) {
    case 'SYSCALL':
      return readCall(record, draft, memory);
    case 'EXECVE': {
      const event = eventOf(record, memory);
      if (event.isTold || !takeArguments(record.fields, event)) return false;
      const command = commandOf(event.args || []);
      event.isTold = true;
      event.args = undefined;
      // A shell tries one folder after the other: only what was found was run.
      if (event.call !== undefined && event.call['success'] === 'no') return false;
      takeCommand(command, record, event.call, draft);
      return keep(record, event.call, draft);
    }
    case 'PROCTITLE':
      return title(record, draft, memory);
    default:
      return report(record, draft);
  }
}

/** The rule of auditd that asked for it, in the fields that have no name of ours. */
function keep(record: AuditRecord, call: AuditRecord['fields'] | undefined, draft: Draft): boolean {
  const extra: { [name: string]: unknown } = { audit: 'true', serial: record.serial };
  const key = call === undefined ? undefined : textOf(call['key']);
  if (key !== undefined) extra['key'] = bounded(draft, key);
  draft.extra = extra;
  return true;
}

function eventOf(record: AuditRecord, memory: FileMemory | undefined): AuditEvent {
  const name = record.serial + ' ' + (record.node || '');
  const known = memory === undefined ? undefined : memory.audit.values[name];
  if (known !== undefined) return known;
  const event: AuditEvent = { call: undefined, args: undefined, length: 0, isTold: false };
  if (memory !== undefined) remember(memory.audit, name, event);
  return event;
}

/** What is run is told by EXECVE; another call was asked for by a rule of auditd. */
function readCall(record: AuditRecord, draft: Draft, memory: FileMemory | undefined): boolean {
  const event = eventOf(record, memory);
  event.call = callOf(record.fields);
  if (isExecuting(record.fields)) return false;
  if (textOf(record.fields['key']) === undefined) return false;
  draft.log_type = 'system';
  draft.action = 'audit_syscall';
  draft.status = record.fields['success'] === 'no' ? 'failure' : 'success';
  takeProcess(record.fields, draft);
  return keep(record, record.fields, draft);
}

/** The title of a process tells what was run where EXECVE is not logged. */
function title(record: AuditRecord, draft: Draft, memory: FileMemory | undefined): boolean {
  const text = textOf(record.fields['proctitle']);
  const event = eventOf(record, memory);
  // Without the call it is not known whether anything was run; arguments that are not whole are not replaced.
  if (text === undefined || event.isTold || event.args !== undefined || event.call === undefined)
    return false;
  if (!isExecuting(event.call) || event.call['success'] === 'no') return false;
  event.isTold = true;
  takeCommand(commandOf(text.split('\u0000')), record, event.call, draft);
  return keep(record, event.call, draft);
}

const ACCOUNTS: { readonly [type: string]: readonly [action: string, operation: RegExp] } = {
  ADD_USER: ['account_created', /^add(?:ing)?(?:-| |$)(?:user)?/],
  DEL_USER: ['account_deleted', /^delet(?:e|ing)/],
  ADD_GROUP: ['group_created', /^add/],
  DEL_GROUP: ['group_deleted', /^delet/],
  USER_CHAUTHTOK: ['password_changed', /chauthtok|password/],
};

/** What programs and the kernel report. */
function report(record: AuditRecord, draft: Draft): boolean {
  const fields = record.fields;
  const operation = textOf(fields['op']) || fields['op'] || '';
  const isFailure = fields['res'] === 'failed' || fields['res'] === '0';
  const account = ACCOUNTS[record.type];
  takeProcess(fields, draft);
  keep(record, fields, draft);
  draft.log_type = 'auth';
  draft.status = isFailure ? 'failure' : 'success';
  if (account !== undefined) {
    if (!account[1].test(operation)) return false;
    draft.action = account[0];
    delete draft.target_user;
    return takeTarget(fields, draft);
  }
  switch (record.type) {
    case 'USER_AUTH':
      return login('audit_auth', fields, isFailure, draft);
    case 'USER_LOGIN':
      return login('host_login', fields, isFailure, draft);
    case 'USER_MGMT':
      if (!/^(?:add-user-to-group|add-member)/.test(operation)) return false;
      draft.action = 'group_member_added';
      delete draft.target_user;
      draft.extra = { audit: 'true', serial: record.serial, group: textOf(fields['grp']) || '' };
      return takeTarget(fields, draft);
    case 'USER_CMD': {
      const command = textOf(fields['cmd']);
      if (command === undefined) return false;
      takeCommand(command, record, undefined, draft);
      // sudo says it in its own log as well: one command is counted once.
      draft.action = 'sudo_event';
      draft.status = 'info';
      draft.target_user = textOf(fields['ID']) || 'root';
      if (isFailure) draft.status = 'failure';
      const directory = textOf(fields['cwd']);
      if (directory !== undefined) draft.working_directory = bounded(draft, directory);
      const executable = command.split(' ', 1)[0];
      draft.executable = bounded(draft, executable || command);
      return true;
    }
    default:
      return odd(record, draft);
  }
}

function takeTarget(fields: AuditRecord['fields'], draft: Draft): boolean {
  const target = textOf(fields['acct']) || textOf(fields['ID']) || fields['id'];
  if (target !== undefined) draft.target_user = bounded(draft, target);
  return true;
}

function login(
  action: string,
  fields: AuditRecord['fields'],
  isFailure: boolean,
  draft: Draft,
): boolean {
  draft.action = action;
  delete draft.target_user;
  const user = textOf(fields['acct']) || textOf(fields['ID']);
  if (user !== undefined) draft.username = bounded(draft, user);
  if (isFailure) draft.reason = 'bad_password';
  // Without an address the name is that of this host.
  const peer = textOf(fields['addr']);
  if (peer !== undefined) setSource(draft, peer);
  return true;
}

/** Sniffing, crashes of programs, modules of the kernel, and who meddles with auditd. */
function odd(record: AuditRecord, draft: Draft): boolean {
  draft.log_type = 'system';
  draft.status = 'info';
  const fields = record.fields;
  switch (record.type) {
    case 'ANOM_PROMISCUOUS':
      draft.action = fields['prom'] === '0' ? 'promiscuous_off' : 'promiscuous_on';
      draft.interface_in = bounded(draft, fields['dev'] || '');
      return true;
    case 'ANOM_ABEND':
      draft.action = 'process_crashed';
      draft.status = 'failure';
      draft.reason = 'signal_' + (fields['sig'] || '').slice(0, 8);
      return true;
    case 'KERN_MODULE':
      draft.action = 'kernel_module';
      draft.extra = { audit: 'true', module: textOf(fields['name']) || '' };
      return true;
    case 'CONFIG_CHANGE':
      if (
        fields['op'] !== '"remove_rule"' &&
        fields['op'] !== 'remove_rule' &&
        fields['audit_enabled'] !== '0'
      )
        return false;
      draft.action = 'audit_changed';
      return true;
    case 'DAEMON_END':
      draft.action = 'audit_stopped';
      return true;
    case 'AVC':
      return readDenied(fields, draft.message, draft);
    default:
      return false;
  }
}
