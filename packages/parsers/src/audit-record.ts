/**
 * One record of auditd: `[node=HOST ]type=TYPE msg=audit(SECONDS.MMM:SERIAL): KEY=VALUE …`, behind a group separator
 * the same with names for numbers, of programs in `msg='…'`. The kernel writes a text with blanks, quotes or odd
 * bytes as hexadecimal digits, so that no value can end early. Source: audit-userspace, specs/fields.
 */
import { LIMITS } from '@mini-soc/model/limits';
import { MAX_FIELD, startsWith } from './draft.ts';

export type AuditFields = { [key: string]: string | undefined };

export interface AuditRecord {
  readonly type: string;
  readonly timeMs: number;
  readonly serial: string;
  readonly node: string | undefined;
  /** Values as written, the first of each key. */
  readonly fields: AuditFields;
}

/** What the records of one event told so far. */
export interface AuditEvent {
  /** Of SYSCALL: who, with what. */
  call: AuditFields | undefined;
  /** Arguments of EXECVE that came so far; undefined when there was none. */
  args: string[] | undefined;
  /** Characters in them. */
  length: number;
  /** The command was told: what comes behind it says it again. */
  isTold: boolean;
}

/** What is remembered of a call. */
const OF_CALL = [
  'success',
  'syscall',
  'SYSCALL',
  'auid',
  'AUID',
  'uid',
  'UID',
  'euid',
  'EUID',
  'exe',
  'tty',
  'pid',
  'key',
];

/** The facts of SYSCALL that are of use later, each within bounds. */
export function callOf(fields: AuditFields): AuditFields {
  const call = Object.create(null) as AuditFields;
  for (let i = 0; i < OF_CALL.length; i++) {
    const key = OF_CALL[i] as string;
    const value = fields[key];
    if (value !== undefined) call[key] = value.slice(0, 1024);
  }
  return call;
}

/** The words and 1,000 more for what is no argument. */
const MAX_WORDS = LIMITS.audit_arguments.value + 1000;

/** The kernel writes numbers where auditd writes names. */
const TYPES: { readonly [number: string]: string } = {
  1100: 'USER_AUTH',
  1101: 'USER_ACCT',
  1102: 'USER_MGMT',
  1108: 'USER_CHAUTHTOK',
  1112: 'USER_LOGIN',
  1114: 'ADD_USER',
  1115: 'DEL_USER',
  1116: 'ADD_GROUP',
  1117: 'DEL_GROUP',
  1123: 'USER_CMD',
  1300: 'SYSCALL',
  1305: 'CONFIG_CHANGE',
  1307: 'CWD',
  1309: 'EXECVE',
  1327: 'PROCTITLE',
  1330: 'KERN_MODULE',
  1700: 'ANOM_PROMISCUOUS',
  1701: 'ANOM_ABEND',
};

const HEAD =
  /^(?:audit: )?(?:node=([A-Za-z0-9_.:-]{1,255}) )?type=([A-Z0-9_]{2,40}) (?:msg=)?audit\((\d{9,11})\.(\d{3}):(\d{1,20})\): ?/;

/** For lines that begin with t or n. */
export function looksLikeAudit(line: string): boolean {
  return startsWith(line, 'type=') || startsWith(line, 'node=');
}

/** Undefined when the text is no record. */
export function readAuditRecord(text: string): AuditRecord | undefined {
  const head = HEAD.exec(text.slice(0, 400));
  if (head === null) return undefined;
  const type = head[2] as string;
  return {
    type: /^\d/.test(type) ? TYPES[type] || '' : type,
    timeMs: Number(head[3]) * 1000 + Number(head[4]),
    serial: head[5] as string,
    node: head[1],
    fields: fieldsOf(text.slice(head[0].length)),
  };
}

function fieldsOf(text: string): AuditFields {
  const fields = Object.create(null) as AuditFields;
  const plain = text.indexOf('\u001d') < 0 ? text : text.replace(/\u001d/g, ' ');
  const words = plain.split(' ', MAX_WORDS);
  for (let i = 0; i < words.length; i++) {
    let word = words[i] as string;
    if (startsWith(word, "msg='")) word = word.slice(5);
    const equals = word.indexOf('=');
    if (equals <= 0) continue;
    const key = word.slice(0, equals);
    if (fields[key] !== undefined) continue;
    let value = word.slice(equals + 1);
    if (value.charAt(value.length - 1) === "'") value = value.slice(0, -1);
    fields[key] = value;
  }
  return fields;
}

/** The text of a value that the kernel may have written as hexadecimal digits; undefined when it says that there is none. */
export function textOf(value: string | undefined): string | undefined {
  if (value === undefined || value === '' || value === '?' || value === '"?"') return undefined;
  if (value.charAt(0) === '"')
    return value.slice(1, value.charAt(value.length - 1) === '"' ? -1 : undefined);
  if (value.charAt(0) === '(') return undefined; // (null), (none)
  return value.length % 2 === 0 && /^[0-9A-Fa-f]+$/.test(value) ? decodeHex(value) : value;
}

/** Bytes as UTF-8, or each as a character where they are none. */
function decodeHex(digits: string): string {
  const bounded = digits.slice(0, 2 * MAX_FIELD);
  try {
    return decodeURIComponent(bounded.replace(/[0-9A-Fa-f]{2}/g, '%$&'));
  } catch (_error) {
    return bounded.replace(/[0-9A-Fa-f]{2}/g, (pair) => {
      const code = parseInt(pair, 16);
      return code < 128 ? String.fromCharCode(code) : '\ufffd';
    });
  }
}

/** The name that stands behind the separator, else the number; undefined for nobody. */
export function userOf(fields: AuditFields, key: string): string | undefined {
  const name = textOf(fields[key.toUpperCase()]);
  if (name !== undefined && name !== 'unset') return name;
  const id = fields[key];
  if (id === undefined || id === '4294967295' || id === '-1' || id === 'unset') return undefined;
  return id === '0' ? 'root' : id;
}
