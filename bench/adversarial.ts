/**
 * How much longer the parsers take for lines twice as long, with lines made to be slow: the beginnings
 * that choose a parser, followed by 100 KB and 200 KB of what its expressions and searches look for.
 */
import { LOG_FORMATS, parseLine } from '@mini-soc/parsers';
import { figure, type Figure } from './clock.ts';

const SHORT = 100_000;
const LONG = 2 * SHORT;
const ARRIVAL_MS = Date.parse('2026-11-21T12:00:00Z');
const AT = 'Nov 21 03:40:00 web01 ';

/** Beginnings of lines, by the parser that reads what follows. */
const BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  envelope: ['', 'Nov 21 03:40:00', '<38>1 2026-11-21T03:40:00Z web01 sshd 411 - [x@1 a="', AT],
  sshd: [
    `${AT}sshd[4]: `,
    `${AT}sshd[4]: Failed password for `,
    `${AT}sshd[4]: Accepted publickey for `,
    `${AT}sshd[4]: Invalid user `,
    `${AT}sshd[4]: Connection closed by invalid user `,
    `${AT}sshd[4]: Disconnecting invalid user `,
    `${AT}sshd[4]: User `,
    `${AT}sshd[4]: error: PAM: Authentication failure for `,
    `${AT}sshd[4]: error: maximum authentication attempts exceeded for `,
    `${AT}sshd[4]: message repeated 5 times: [ `,
  ],
  pam: [
    `${AT}sshd[4]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser=`,
    `${AT}login[4]: pam_`,
    `${AT}sudo: pam_unix(sudo:auth): `,
  ],
  sudo: [`${AT}sudo: alice : `, `${AT}sudo: alice : TTY=pts/0 ; PWD=/x ; USER=root ; COMMAND=`],
  su: [`${AT}su[4]: `, `${AT}su[4]: FAILED SU (to root) `],
  cron: [`${AT}CRON[4]: (root) CMD (`],
  account: [`${AT}useradd[4]: new user: name=`, `${AT}usermod[4]: change user '`],
  logind: [`${AT}systemd-logind[4]: New session 12 of user `],
  firewall: [`${AT}kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= `, `${AT}kernel: [1.2] `],
  dropbear: [
    `${AT}dropbear[4]: Bad password attempt for '`,
    `${AT}dropbear[4]: Exit before auth from <`,
    `${AT}dropbear[4]: Exit (`,
    `${AT}dropbear[4]: Login attempt for nonexistent user `,
  ],
  vsftpd: [`${AT}vsftpd[4]: [`, 'Sat Nov 21 03:40:00 2026 [pid 4] [', `${AT}vsftpd[4]: `],
  doas: [`${AT}doas: alice ran command `, `${AT}doas: command not permitted for `],
  pkexec: [`${AT}pkexec[4]: alice: Executing command [USER=`],
  access: [
    '198.51.100.7 - ',
    '198.51.100.7 - - [21/Nov/2026:03:40:27 +0000] "GET /',
    '198.51.100.7 - - [21/Nov/2026:03:40:27 +0000] "GET / HTTP/1.1" 200 5 "',
    '[21/Nov/2026:03:40:27 +0000] ',
  ],
  'apache error': [
    '[Sat Nov 21 03:40:00 2026] [auth_basic:error] [pid 4] [client 198.51.100.7:1] AH01618: user ',
    '[Sat Nov 21 03:40:00 2026] [:error] [pid 4] [client 198.51.100.7:1] ModSecurity: ',
    '[Sat Nov 21 03:40:00 2026] [error] ',
  ],
  'nginx error': [
    '2026/11/21 03:40:00 [error] 7#7: *1 user "',
    '2026/11/21 03:40:00 [error] 7#7: *1 open() "',
    '2026/11/21 03:40:00 [error] 7#7: *1 x, client: 198.51.100.7, server: h, request: "',
  ],
  json: ['{"action":"x","a":"', '{"MESSAGE":"', '{"a":'],
};

const FILLINGS: readonly string[] = [
  'a',
  ' ',
  '1',
  '"',
  '\\',
  '\\"',
  '\\x22',
  "'",
  '(',
  ')',
  '[',
  '] ',
  ', ',
  ': ',
  '=',
  '.',
  ' from',
  ' from 1.2.3.4',
  ' port 1',
  ' 1.2.3.4 port 1',
  ' [preauth]',
  ' not allowed because ',
  ' for ',
  ' rhost=',
  ' ruser=',
  ' user=',
  ' ; COMMAND=',
  ' ; ',
  ' SRC=1.2.3.4',
  ' IN= OUT=',
  '- - [',
  ' [21/Nov/2026:03:40:27 +0000] "',
  ', client: 1.2.3.4, server: ',
  '", host: "',
  '] FAIL LOGIN: Client "',
  "' from ",
  ' not found: ',
  '] [COMMAND=',
  ' as root from ',
  '1.2.3.4, ',
  '::',
];

/** A measurement lasts at least this long: a fast line is parsed more than once. */
const LEAST_MS = 0.3;

/** Milliseconds of one parse, the best of `repeats` measurements. */
function parseMs(line: string, repeats: number): number {
  let best = Number.POSITIVE_INFINITY;
  let count = 1;
  for (let repeat = 0; repeat < repeats;) {
    const start = performance.now();
    for (let parse = 0; parse < count; parse += 1)
      parseLine(line, { arrivalMs: ARRIVAL_MS, zoneOffsetMinutes: () => 0 });
    const elapsed = performance.now() - start;
    if (elapsed < LEAST_MS && count < 4096) count *= 4;
    else {
      best = Math.min(best, elapsed / count);
      repeat += 1;
    }
  }
  return best;
}

/** Below this a parse is the same work for any length, and its growth noise. */
const CONSTANT_MS = 0.005;

interface Growth {
  readonly factor: number;
  readonly longMs: number;
}

function growthOf(beginning: string, filling: string): Growth {
  const long = beginning + filling.repeat(Math.ceil(LONG / filling.length));
  const short = long.slice(0, SHORT);
  let growth: Growth = { factor: 0, longMs: 0 };
  // A factor that is too high once may be a pause of the machine: the lowest of several counts.
  for (let repeats = 3; repeats <= 48; repeats *= 4) {
    const longMs = parseMs(long, repeats);
    const factor = longMs / Math.max(parseMs(short, repeats), CONSTANT_MS);
    if (repeats === 3 || factor < growth.factor) growth = { factor, longMs };
    if (growth.factor <= 2.2) break;
  }
  return growth;
}

/**
 * One figure per parser: by which factor the slowest of its adversarial lines grows when it gets twice
 * as long. The baseline is 2, the growth of work that is linear; a ratio up to 1.25 (a factor of 2.5) is well.
 */
export function adversarialFigures(): readonly Figure[] {
  const baseline = { name: 'linear growth for twice the length', value: 2, unit: 'x' };
  const worstOf = Object.entries(BEGINNINGS).map(([parser, beginnings]) => {
    let worst: Growth = { factor: 0, longMs: 0 };
    let slowestMs = 0;
    for (const beginning of beginnings) {
      for (const filling of FILLINGS) {
        const growth = growthOf(beginning, filling);
        if (growth.factor > worst.factor) worst = growth;
        slowestMs = Math.max(slowestMs, growth.longMs);
      }
    }
    return { parser, factor: worst.factor, slowestMs };
  });
  const top = worstOf.reduce((a, b) => (b.factor > a.factor ? b : a));
  process.stdout.write(
    `adversarial lines, ${LOG_FORMATS.length} formats: worst growth ${top.factor.toFixed(2)} (${top.parser}), slowest line of ${LONG / 1000} KB ${Math.max(...worstOf.map(({ slowestMs }) => slowestMs)).toFixed(1)} ms\n`,
  );
  return worstOf.map(({ parser, factor }) =>
    figure(`growth for twice the input, ${parser}`, factor, 'x', baseline),
  );
}
