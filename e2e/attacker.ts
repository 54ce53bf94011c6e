/** Attackers and ordinary people, writing the log lines that real programs would write about them. */
import { appendFileSync } from 'node:fs';

/** `Nov 21 03:40:00` in UTC. */
export function syslogTime(at: Date): string {
  const month = at.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
  return `${month} ${String(at.getUTCDate()).padStart(2)} ${at.toISOString().slice(11, 19)}`;
}

export interface Actor {
  readonly failsSsh: (times: number, user?: string) => void;
  readonly logsIn: (user: string) => void;
  readonly scansPorts: (ports: number) => void;
  readonly fuzzesWeb: (paths: number) => void;
}

export function createActor(
  address: string,
  files: { readonly auth: string; readonly ufw: string; readonly web: string },
): Actor {
  let port = 40_000;
  const write = (file: string, lines: readonly string[]) =>
    appendFileSync(file, `${lines.join('\n')}\n`);
  const sshd = (text: string) => `${syslogTime(new Date())} web01 sshd[4711]: ${text}`;
  return {
    failsSsh(times, user = 'root') {
      write(
        files.auth,
        Array.from({ length: times }, () =>
          sshd(`Failed password for ${user} from ${address} port ${(port += 1)} ssh2`),
        ),
      );
    },
    logsIn(user) {
      write(files.auth, [
        sshd(`Accepted password for ${user} from ${address} port ${(port += 1)} ssh2`),
      ]);
    },
    scansPorts(ports) {
      write(
        files.ufw,
        Array.from(
          { length: ports },
          (_, index) =>
            `${syslogTime(new Date())} web01 kernel: [12345.678901] [UFW BLOCK] IN=eth0 OUT= MAC=00:00:5e:00:53:01:00:00:5e:00:53:02:08:00 SRC=${address} DST=10.0.0.5 LEN=44 TOS=0x00 PREC=0x00 TTL=50 ID=${index} PROTO=TCP SPT=52000 DPT=${1 + index} WINDOW=1024 RES=0x00 SYN URGP=0`,
        ),
      );
    },
    fuzzesWeb(paths) {
      const at = new Date();
      const day = `${String(at.getUTCDate()).padStart(2, '0')}/${at.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' })}/${at.getUTCFullYear()}:${at.toISOString().slice(11, 19)} +0000`;
      write(
        files.web,
        Array.from(
          { length: paths },
          (_, index) =>
            `${address} - - [${day}] "GET /admin${index}.php HTTP/1.1" 404 153 "-" "Fuzz Faster U Fool v2.1.0"`,
        ),
      );
    },
  };
}
