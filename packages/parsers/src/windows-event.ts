/**
 * A record of the Windows event log as Elastic's shippers write it (`winlog.event_data`): logons (4624,
 * 4625, 4771, 4776), new processes (4688) and changes of accounts and groups under our names. All values of the record stay in `extra` under the names Windows gives
 * them; what has no meaning here is no event.
 */
import { addFlag, bounded, readPort, setPort, setSource, startsWith, type Draft } from './draft.ts';
import { boundedValue, type JsonObject } from './json-event.ts';
import { LIMITS } from '@mini-soc/model/limits';

const MAX_FIELDS = LIMITS.extra_fields.value;

/** SubStatus (or Status) of a failed logon, lower case (MS-ERREF, NTSTATUS). */
const LOGON_REASONS: { readonly [code: string]: string } = {
  '0xc0000064': 'invalid_user',
  '0xc000006a': 'bad_password',
  '0xc000006d': 'bad_password',
  '0xc000006f': 'time_restriction',
  '0xc0000070': 'workstation_restriction',
  '0xc0000071': 'password_expired',
  '0xc0000072': 'account_disabled',
  '0xc000015b': 'logon_type_denied',
  '0xc0000193': 'account_expired',
  '0xc0000224': 'password_must_change',
  '0xc0000234': 'account_locked',
};

const ACCOUNT_CHANGES: { readonly [code: number]: string } = {
  4720: 'account_created',
  4722: 'account_enabled',
  4724: 'password_changed',
  4725: 'account_disabled',
  4726: 'account_deleted',
  4728: 'group_member_added',
  4732: 'group_member_added',
  4756: 'group_member_added',
  4729: 'group_member_removed',
  4733: 'group_member_removed',
  4757: 'group_member_removed',
  4740: 'account_locked',
  4767: 'account_unlocked',
};

/** Values that Windows writes where it has none. */
const NOTHING = ['', '-', 'LOCAL', 'NULL SID'];

/** The record in an object of a shipper; undefined when it has none. */
export function readWindowsRecord(object: JsonObject): JsonObject | undefined {
  const record = Object.prototype.hasOwnProperty.call(object, 'winlog')
    ? object['winlog']
    : undefined;
  return isObject(record) ? record : undefined;
}

/** Fills the draft; false when the record is none of those that have a meaning here. */
export function parseWindowsRecord(record: JsonObject, draft: Draft): boolean {
  const code = Number(record['event_id']);
  const data = isObject(record['event_data']) ? record['event_data'] : {};
  if (code === 4624 || code === 4625) readLogon(code === 4624, data, draft);
  else if (code === 4771 || code === 4776) {
    // Asked of a domain controller: Kerberos and NTLM. 4776 tells of both outcomes.
    const status = (textOf(data, 'Status') || '').toLowerCase();
    readLogon(code === 4776 && /^0x0+$/.test(status), data, draft);
    if (code === 4776 && draft.source_ip === undefined && draft.source_host === undefined) {
      const workstation = textOf(data, 'Workstation');
      if (workstation !== undefined) setSource(draft, workstation);
    }
    if (status === '0x18') draft.reason = 'bad_password';
  } else if (code === 4688) readProcess(data, draft);
  else if (Object.prototype.hasOwnProperty.call(ACCOUNT_CHANGES, code))
    readAccountChange(ACCOUNT_CHANGES[code] as string, data, draft);
  else return false;
  draft.log_type = 'windows';
  const computer = textOf(record, 'computer_name');
  if (computer !== undefined) draft.hostname = bounded(draft, computer);
  draft.extra = extraOf(record, code, data, draft);
  return true;
}

function readLogon(isSuccess: boolean, data: JsonObject, draft: Draft): void {
  draft.action = 'windows_logon';
  draft.status = isSuccess ? 'success' : 'failure';
  setText(draft, 'username', data, 'TargetUserName');
  setText(draft, 'auth_method', data, 'AuthenticationPackageName');
  setText(draft, 'executable', data, 'ProcessName');
  setPid(draft, data, 'ProcessId');
  const address = textOf(data, 'IpAddress');
  if (address !== undefined) setSource(draft, address);
  const workstation = textOf(data, 'WorkstationName');
  if (draft.source_ip === undefined && draft.source_host === undefined && workstation !== undefined)
    setSource(draft, workstation);
  const port = readPort(textOf(data, 'IpPort') || '');
  if (port > 0) setPort(draft, port);
  if (isSuccess) return;
  const reason = reasonOf(data, 'SubStatus') || reasonOf(data, 'Status');
  if (reason !== undefined) draft.reason = reason;
}

/** Who did it is the subject; of groups the target is the group, and the member stands apart. */
function readAccountChange(action: string, data: JsonObject, draft: Draft): void {
  draft.action = action;
  draft.status = action === 'account_locked' ? 'failure' : 'success';
  setText(draft, 'username', data, 'SubjectUserName');
  if (startsWith(action, 'group_')) {
    if (!setText(draft, 'target_user', data, 'MemberName'))
      setText(draft, 'target_user', data, 'MemberSid');
  } else setText(draft, 'target_user', data, 'TargetUserName');
  // Where the wrong passwords came from.
  const caller = action === 'account_locked' ? textOf(data, 'TargetDomainName') : undefined;
  if (caller !== undefined) setSource(draft, caller);
}

function readProcess(data: JsonObject, draft: Draft): void {
  draft.action = 'command_execution';
  draft.status = 'executed';
  setText(draft, 'username', data, 'SubjectUserName');
  setText(draft, 'target_user', data, 'TargetUserName');
  setText(draft, 'executable', data, 'NewProcessName');
  // Without its audit policy Windows leaves the command line empty.
  if (!setText(draft, 'command', data, 'CommandLine'))
    setText(draft, 'command', data, 'NewProcessName');
  setPid(draft, data, 'NewProcessId');
  const path = textOf(data, 'NewProcessName');
  if (path !== undefined) draft.program = bounded(draft, path.slice(path.lastIndexOf('\\') + 1));
}

function reasonOf(data: JsonObject, name: string): string | undefined {
  const code = (textOf(data, name) || '').toLowerCase();
  return Object.prototype.hasOwnProperty.call(LOGON_REASONS, code)
    ? LOGON_REASONS[code]
    : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' && NOTHING.indexOf(value) < 0 ? value : undefined;
}

function setText(
  draft: Draft,
  field: 'username' | 'target_user' | 'auth_method' | 'executable' | 'command',
  data: JsonObject,
  name: string,
): boolean {
  const value = textOf(data, name);
  if (value !== undefined) draft[field] = bounded(draft, value);
  return value !== undefined;
}

/** Process ids are written as `0x1f4`. */
function setPid(draft: Draft, data: JsonObject, name: string): void {
  const value = textOf(data, name) || '';
  if (/^0x[0-9a-f]{1,8}$/i.test(value)) draft.pid = parseInt(value.slice(2), 16);
}

function extraOf(
  record: JsonObject,
  code: number,
  data: JsonObject,
  draft: Draft,
): { [name: string]: unknown } {
  const extra: { [name: string]: unknown } = { event_code: code };
  let count = 1;
  const keep = (name: string, value: unknown): void => {
    const kept = boundedValue(value, draft);
    if (kept === undefined) return;
    if (count >= MAX_FIELDS || name === '__proto__') addFlag(draft, 'extra_cut');
    else {
      extra[name] = kept;
      count++;
    }
  };
  for (const name of ['channel', 'provider_name', 'record_id'])
    if (record[name] !== undefined) keep(name, record[name]);
  for (const name of Object.keys(data)) keep(name === '' ? 'unnamed' : name, data[name]);
  return extra;
}
