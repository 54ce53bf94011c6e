/** The ports at which sshd of this machine listens, as its configuration says; 22 is always among them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const CONFIGURATION = '/etc/ssh/sshd_config';
const READ_AGAIN_MS = 60_000;

/** Read again once a minute. What cannot be read says nothing. */
export function createSshPorts(
  monotonicMs: () => number,
  readTexts: () => readonly string[] = readConfiguration,
): () => readonly number[] {
  let ports: readonly number[] = [];
  let readMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = monotonicMs();
    if (nowMs - readMs >= READ_AGAIN_MS) {
      readMs = nowMs;
      ports = [...new Set([22, ...readTexts().flatMap(portsOf)])];
    }
    return ports;
  };
}

/** `Port 2222`, `ListenAddress 192.0.2.1:2222`, `ListenAddress [2001:db8::1]:2222`. */
function portsOf(text: string): readonly number[] {
  return text.split('\n').flatMap((line) => {
    const [keyword = '', value = ''] = line.trim().split(/[\s=]+/, 2);
    const name = keyword.toLowerCase();
    const digits =
      name === 'port'
        ? value
        : name === 'listenaddress'
          ? /^(?:\[[^\]]*\]|[^:]*):(\d+)$/.exec(value)?.[1]
          : undefined;
    const port = Number(digits);
    return digits !== undefined && /^\d{1,5}$/.test(digits) && port > 0 && port < 65_536
      ? [port]
      : [];
  });
}

function readConfiguration(): readonly string[] {
  const folder = `${CONFIGURATION}.d`;
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
  } catch {
    // There is none.
  }
  return [CONFIGURATION, ...names.map((name) => path.join(folder, name))].flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')];
    } catch {
      return [];
    }
  });
}
