/** auth.log lines for the benchmark: 60 % failures, 2,000 sources, spread evenly over time. */

export interface SampleOptions {
  readonly lines: number;
  readonly startMs: number;
  readonly stepMs: number;
  readonly sources: number;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Deterministic: the same options give the same lines. */
export function* sampleLines(options: SampleOptions): Generator<string> {
  for (let index = 0; index < options.lines; index += 1) {
    const time = new Date(options.startMs + index * options.stepMs);
    const stamp = `${MONTHS[time.getUTCMonth()] ?? ''} ${String(time.getUTCDate()).padStart(2)} ${time.toISOString().slice(11, 19)}`;
    const source = (index * 7919) % options.sources;
    const address = `198.18.${source >> 8}.${source & 255}`;
    const head = `${stamp} web0${index % 3} sshd[${1000 + (index % 9000)}]: `;
    const port = 1024 + (index % 60_000);
    switch (index % 10) {
      case 0:
      case 1:
      case 2:
      case 3:
        yield `${head}Failed password for root from ${address} port ${port} ssh2`;
        break;
      case 4:
      case 5:
        yield `${head}Failed password for invalid user admin${index % 50} from ${address} port ${port} ssh2`;
        break;
      case 6:
        yield `${head}Connection closed by authenticating user root ${address} port ${port} [preauth]`;
        break;
      case 7:
        yield `${head}Accepted publickey for alice from 10.0.0.${index % 200} port ${port} ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG`;
        break;
      case 8:
        yield `${head}pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)`;
        break;
      default:
        yield `${stamp} web0${index % 3} sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/apt-get update`;
    }
  }
}
