/**
 * Messages of the kernel: packets, and what is of note besides. Texts of others in them (the name of a program) stand in
 * places of their own: each form is read from its first word on.
 */
import { bounded, readPort, type Draft } from './draft.ts';
import { parseFirewall } from './firewall.ts';
import { readAuditRecord, textOf } from './audit-record.ts';

/** A message of the kernel, with or without its own clock in front: `[ 1234.567890] `. */
export function parseKernelMessage(message: string, draft: Draft): boolean {
  const text = message.replace(/^\[ {0,12}\d{1,12}\.\d{1,9}\] ?/, '');
  return parseFirewall(text, draft) || readNote(text, draft);
}

function readNote(text: string, draft: Draft): boolean {
  if (text.length > 2048) return false;
  return (
    readKill(text, draft) ||
    readCrash(text, draft) ||
    readDevice(text, draft) ||
    readFlood(text, draft) ||
    readRefusal(text, draft)
  );
}

function note(draft: Draft, action: string, status: 'failure' | 'info'): true {
  draft.log_type = 'system';
  draft.action = action;
  draft.status = status;
  return true;
}

/** `Out of memory: Killed process 1234 (NAME) total-vm:…`. */
function readKill(text: string, draft: Draft): boolean {
  const found =
    /^(?:Out of memory|Memory cgroup out of memory): Kill(?:ed)? process (\d{1,10}) \((.{1,16})\)/.exec(
      text,
    );
  if (found === null) return false;
  takeProcess(found[2] as string, found[1] as string, draft);
  draft.reason = 'out_of_memory';
  return note(draft, 'process_killed', 'failure');
}

/** `NAME[PID]: segfault at …`, `traps: NAME[PID] general protection fault ip:…`. */
function readCrash(text: string, draft: Draft): boolean {
  const found =
    /^(?:traps: )?(.{1,16})\[(\d{1,10})\]:? (segfault at |general protection|trap (?:invalid opcode|divide error|stack segment|int3))/.exec(
      text,
    );
  if (found === null) return false;
  takeProcess(found[1] as string, found[2] as string, draft);
  draft.reason = found[3] === 'segfault at ' ? 'segfault' : 'trap';
  return note(draft, 'process_crashed', 'failure');
}

/** What sniffs, what is plugged in, what is loaded into the kernel. */
function readDevice(text: string, draft: Draft): boolean {
  const mode =
    /^(?:device )?([A-Za-z0-9_.@-]{1,15}):? (entered|left) promiscuous mode$/.exec(text) ||
    /^[a-z0-9_]{2,16} [0-9a-f:.]{7,16} ([A-Za-z0-9_.@-]{1,15}): (entered|left) promiscuous mode$/.exec(
      text,
    );
  if (mode !== null) {
    draft.interface_in = mode[1] as string;
    return note(draft, mode[2] === 'left' ? 'promiscuous_off' : 'promiscuous_on', 'info');
  }
  if (/^usb-storage [0-9.:-]{3,24}: USB Mass Storage device detected$/.test(text))
    return note(draft, 'usb_storage_attached', 'info');
  if (/^usb [0-9.-]{3,24}: new [a-zA-Z+-]{3,24} USB device number \d{1,5} using /.test(text))
    return note(draft, 'usb_attached', 'info');
  const module =
    /^([A-Za-z0-9_-]{1,56}): (?:loading out-of-tree module taints kernel|module verification failed)/.exec(
      text,
    );
  if (module === null) return false;
  draft.extra = { module: module[1] as string };
  return note(draft, 'kernel_module', 'info');
}

/** `TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.`, also `[::]:80`. */
function readFlood(text: string, draft: Draft): boolean {
  const found =
    /^(?:TCP: )?(?:request_sock_TCP(?:v6)?: )?[Pp]ossible SYN flooding on port (?:[0-9a-f.:[\]]{2,47}:)?(\d{1,5})\./.exec(
      text,
    );
  if (found === null) return false;
  const port = readPort(found[1] as string);
  if (port > 0) draft.destination_port = port;
  draft.protocol = 'tcp';
  return note(draft, 'syn_flood', 'info');
}

/** `audit: type=1400 audit(…): apparmor="DENIED" operation="open" profile="P" name="/F" pid=N comm="C"`, and SELinux' `avc: denied`. */
function readRefusal(text: string, draft: Draft): boolean {
  const record = readAuditRecord(text);
  return record !== undefined && readDenied(record.fields, text, draft);
}

/** Also in a record of auditd itself. */
export function readDenied(
  fields: { readonly [key: string]: string | undefined },
  text: string,
  draft: Draft,
): boolean {
  const isAppArmor = fields['apparmor'] === '"DENIED"';
  if (
    !isAppArmor &&
    !/^(?:audit: )?[^:]{1,80}audit\([0-9.:]{12,40}\): avc: {1,2}denied {1,2}\{/.test(
      text.slice(0, 200),
    )
  )
    return false;
  const program = textOf(fields['comm']);
  if (program !== undefined) draft.executable = bounded(draft, program);
  draft.reason = isAppArmor ? 'apparmor' : 'selinux';
  const extra: { [name: string]: unknown } = {};
  const names = ['operation', 'profile', 'name', 'requested_mask', 'scontext', 'tcontext'];
  for (let i = 0; i < names.length; i++) {
    const value = textOf(fields[names[i] as string]);
    if (value !== undefined) extra[names[i] as string] = value.slice(0, 1024);
  }
  draft.extra = extra;
  return note(draft, 'access_denied', 'failure');
}

function takeProcess(name: string, pid: string, draft: Draft): void {
  draft.executable = bounded(draft, name);
  draft.pid = Math.min(Number(pid), 4294967295);
}
