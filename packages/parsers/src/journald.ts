/** `journalctl -o json`: the message with fields that journald itself vouches for (those with `_`). */
import type { JsonObject } from './json-event.ts';
import { nameOfProgram } from './program-name.ts';

export interface JournalEntry {
  readonly timeMs: number | undefined;
  readonly hostname: string | undefined;
  readonly program: string;
  readonly pid: number | undefined;
  readonly message: string;
  /** False when the writer is not proven to be the program it names: any local user can write to the journal. */
  readonly isTrusted: boolean;
}

/** Undefined when the object is no journal entry, or has no message. */
export function readJournalEntry(object: JsonObject): JournalEntry | undefined {
  if (!Object.prototype.hasOwnProperty.call(object, 'MESSAGE')) return undefined;
  const message = messageText(object['MESSAGE']);
  if (message === undefined) return undefined;
  const micros = text(object['_SOURCE_REALTIME_TIMESTAMP']) || text(object['__REALTIME_TIMESTAMP']);
  const program = text(object['SYSLOG_IDENTIFIER']) || text(object['_COMM']) || '';
  const pid = text(object['_PID']) || text(object['SYSLOG_PID']) || '';
  return {
    timeMs:
      micros !== undefined && /^\d{15,17}$/.test(micros)
        ? Math.floor(Number(micros) / 1000)
        : undefined,
    hostname: text(object['_HOSTNAME']),
    program: nameOfProgram(program),
    pid: /^\d{1,10}$/.test(pid) ? Number(pid) : undefined,
    message: message,
    isTrusted: object['_TRANSPORT'] === 'kernel' || isProgramItself(object, program),
  };
}

/** Names are compared as the kernel keeps them: 15 characters of a process's name. */
const NAME_LENGTH = 15;

/**
 * Whether journald's own fields say that the writer is the program that the entry names: a process of root, or of a
 * service of the system that is called so, whose file lies where only root can put it. `_COMM` alone is the writer's.
 */
function isProgramItself(object: JsonObject, identifier: string): boolean {
  const program = nameOfProgram(identifier).toLowerCase().slice(0, NAME_LENGTH);
  const name = (text(object['_COMM']) || '').toLowerCase();
  if (program === '' || name.indexOf(program) !== 0) return false;
  const file = text(object['_EXE']);
  // Of a program that was replaced meanwhile the kernel says so behind the name.
  const base = file === undefined ? '' : nameOfProgram(file.replace(/ \(deleted\)$/, ''));
  if (file !== undefined && base.toLowerCase().indexOf(program) !== 0) return false;
  if (text(object['_UID']) === '0') return true;
  const unit = text(object['_SYSTEMD_UNIT']) || '';
  const service = /^([\w.-]{1,64}?)(?:@[^/]{0,255})?\.service$/.exec(unit);
  const head = identifier.slice(0, (identifier + '/').indexOf('/'));
  return service !== null && (service[1] === head || service[1] === head + 'd');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Text, or the array of bytes that journald writes for text that is not plain. */
function messageText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length > 1048576) return undefined;
  let escaped = '';
  for (let i = 0; i < value.length; i++) {
    const byte: unknown = value[i];
    if (typeof byte !== 'number' || byte < 0 || byte > 255 || Math.floor(byte) !== byte)
      return undefined;
    escaped += '%' + (byte < 16 ? '0' : '') + byte.toString(16);
  }
  try {
    return decodeURIComponent(escaped);
  } catch (_error) {
    return escaped.replace(/%([0-9a-f]{2})/g, (_all, hex: string) =>
      parseInt(hex, 16) < 128 ? String.fromCharCode(parseInt(hex, 16)) : '\ufffd',
    );
  }
}
