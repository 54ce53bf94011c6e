/** Connections: reverse shells, raw sockets, listeners, tunnels, and what is sent away. */
import {
  before,
  behind,
  hasLetter,
  hasOption,
  judgeEach,
  judges,
  operands,
  valueOf,
  type Findings,
  type Judge,
} from './findings.ts';
import { isInteractiveShell, isInterpreter } from './interpreters.ts';
import { startsWith, type Invocation } from './invocation.ts';
import { SHELLS } from './expand.ts';

export const NETWORK_JUDGES = judges();

const SOCKET_FILE = /\/dev\/(?:tcp|udp)\//;
const SHELL_NAME = /(?:^|[/\s"'=,:])(?:ba|da|z|k|c|a)?sh(?:$|[\s"',;])/;

/** Whether a shell stands at the other end of a pipe or fifo of this line. */
function isWiredToShell(run: Invocation, found: Findings): boolean {
  const isShell = (other: Invocation): boolean => SHELLS[other.program] === true && other !== run;
  if (before(run, found.runs).some(isShell) || behind(run, found.runs).some(isShell)) return true;
  return (
    found.runs.some((other) => other.program === 'mkfifo' || other.program === 'mknod') &&
    found.runs.some((other) => isShell(other) && isInteractiveShell(other))
  );
}

judgeEach(NETWORK_JUDGES, 'nc ncat netcat nc.openbsd nc.traditional', (run, found) => {
  const runs =
    hasLetter(run.args, 'ec') || hasOption(run.args, ['--exec', '--sh-exec', '--lua-exec']);
  if (
    run.args.length === 0 ||
    (run.args.length === 1 && /^-{1,2}(?:h|help|version)$/.test(run.args[0] as string))
  )
    return;
  const onlyAsks = hasLetter(run.args, 'z');
  if (onlyAsks && !runs) return;
  found.add('netcat');
  const target = valueOf(run.args, ['-e', '-c', '--exec', '--sh-exec']);
  if ((runs && target !== undefined) || isWiredToShell(run, found)) found.add('reverse_shell');
});

judgeEach(NETWORK_JUDGES, 'socat', (run, found) => {
  const text = run.args.join(' ').toLowerCase();
  const isNetwork = /(?:tcp|udp|openssl|ssl|sctp|dtls|proxy|socks)[46]?(?:-|:)/.test(text);
  const runs = /(?:exec|system|shell):/.test(text);
  if (runs && isNetwork && (SHELL_NAME.test(text) || /pty|\$\(|`/.test(text)))
    found.add('reverse_shell');
  else if (runs && SHELL_NAME.test(text)) found.add('shell_escape');
  else if (isNetwork && /(?:open|file|create|gopen):|exec:/.test(text)) found.add('network_socket');
  else if (/(?:file|open):[^ ]{1,200}/.test(text) && !isNetwork && /(?:^| )-u(?: |$)/.test(text))
    found.add('read_by_detour');
});

judgeEach(NETWORK_JUDGES, 'telnet', (run, found) => {
  if (isWiredToShell(run, found)) found.add('reverse_shell');
});

judgeEach(NETWORK_JUDGES, 'openssl', (run, found) => {
  const what = run.args[0];
  if (what === 's_client') {
    if (isWiredToShell(run, found)) found.add('reverse_shell');
    else if (
      run.command.redirections.some(
        ({ operator, target }) => /^[<>]{1,2}$/.test(operator) && target !== '/dev/null',
      )
    )
      found.add('network_socket');
  }
  if (what === 's_server' && hasOption(run.args, ['-HTTP', '-WWW', '-www']))
    found.add('network_listener');
  if (hasOption(run.args, ['-engine']) && /[./]/.test(valueOf(run.args, ['-engine']) || ''))
    found.add('library_loaded');
  if (what === 'enc' || what === 'base64') judgeEncoding(run, found);
});

function judgeEncoding(run: Invocation, found: Findings): void {
  if (hasOption(run.args, ['-d'])) {
    if (behind(run, found.runs).some((other) => isInterpreter(other.program)))
      found.add('encoded_payload');
    else if (hasOption(run.args, ['-base64', '-a', '-A']) || run.args[0] === 'base64')
      found.add('decoded');
    return;
  }
  // Without a cipher it only copies.
  if (
    run.args[0] === 'enc' &&
    hasOption(run.args, ['-in', '-out']) &&
    !run.args.some((arg) => /^-(?:aes|des|camellia|chacha|aria|base64|a$|bf|rc)/i.test(arg))
  )
    found.add(hasOption(run.args, ['-out']) ? 'written_by_detour' : 'read_by_detour');
}

judgeEach(NETWORK_JUDGES, 'socket', (run, found) => {
  if (hasLetter(run.args, 'p')) found.add('reverse_shell');
});

judgeEach(NETWORK_JUDGES, 'xterm', (run, found) => {
  if (/^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}:/.test(valueOf(run.args, ['-display']) || ''))
    found.add('reverse_shell');
});

judgeEach(NETWORK_JUDGES, 'ztcp zsocket', (_run, found) => {
  found.add(found.runs.some(isInteractiveShell) ? 'reverse_shell' : 'network_socket');
});

/** Names of services that lend an address to a machine behind a firewall. */
judgeEach(
  NETWORK_JUDGES,
  'iodine dnscat dnscat2 ptunnel rsocx devtunnel pinggy gost',
  (run, found) => {
    if (run.args.length > 0) found.add('tunnel');
  },
);

judgeEach(NETWORK_JUDGES, 'ngrok', (run, found) => {
  if (run.args[0] === 'tcp') found.add('tunnel');
});

judgeEach(NETWORK_JUDGES, 'chisel', (run, found) => {
  if (run.args[0] === 'client' && run.args.some((arg) => startsWith(arg, 'R:')))
    found.add('tunnel');
});

judgeEach(NETWORK_JUDGES, 'cloudflared', (run, found) => {
  if (hasOption(run.args, ['--url'])) found.add('tunnel');
});

judgeEach(NETWORK_JUDGES, 'code code-insiders', (run, found) => {
  if (run.args[0] === 'tunnel') found.add('tunnel');
});

judgeEach(NETWORK_JUDGES, 'ssh autossh', (run, found) => {
  const command = run.args.filter((arg) => /ProxyCommand|LocalCommand/i.test(arg)).join(' ');
  if (command !== '' && SHELL_NAME.test(command)) found.add('shell_escape');
});

judgeEach(NETWORK_JUDGES, 'whois', (run, found) => {
  if (hasOption(run.args, ['-p']) && hasOption(run.args, ['-h'])) found.add('network_socket');
});

judgeEach(NETWORK_JUDGES, 'ab', (run, found) => {
  if (hasOption(run.args, ['-p', '-u']) || hasOption(run.args, ['-v4', '-v2', '-v3']))
    found.add('data_sent');
});

/** A printer that is somewhere else, at a port of its own. */
judgeEach(NETWORK_JUDGES, 'lp cancel lpr', (run, found) => {
  if (/^[a-z0-9-]{1,63}\.[a-z0-9.:-]{1,200}$/i.test(valueOf(run.args, ['-h']) || ''))
    found.add('data_sent');
});

judgeEach(NETWORK_JUDGES, 'rlogin', (run, found) => {
  if (hasOption(run.args, ['-p'])) found.add('network_socket');
});

judgeEach(NETWORK_JUDGES, 'hping3', (run, found) => {
  if (hasOption(run.args, ['--file', '-E', '--sign'])) found.add('data_sent');
});

judgeEach(NETWORK_JUDGES, 'dig nslookup host', (run, found) => {
  // Data in a name that is asked for: the name is the output of an encoder.
  const own = found.runs.some(
    (other) =>
      other.command.owner >= 0 &&
      other.script === run.script &&
      /^(?:base64|base32|xxd|od|hexdump|gzip)$/.test(other.program),
  );
  if (own) found.add('data_sent');
});

judgeEach(NETWORK_JUDGES, 'restic', (run, found) => {
  if (/rest:http:\/\//.test(run.args.join(' '))) found.add('data_sent');
});

judgeEach(NETWORK_JUDGES, 'busybox', (run, found) => {
  if (run.args[0] === 'httpd') found.add('network_listener');
});

judgeEach(NETWORK_JUDGES, 'kubectl', (run, found) => {
  if (run.args[0] === 'proxy' && hasOption(run.args, ['--www'])) found.add('network_listener');
});

judgeEach(NETWORK_JUDGES, 'tailscale', (run, found) => {
  if (/^(?:serve|funnel)$/.test(run.args[0] || '') && run.args.some((arg) => arg.charAt(0) === '/'))
    found.add('network_listener');
});

/** `… >/dev/tcp/HOST/PORT`: who has it, and whether a shell hangs on it. */
export const judgeSocketFiles: Judge = (run, found) => {
  const list = run.command.redirections;
  for (let i = 0; i < list.length; i++) {
    const redirection = list[i] as { operator: string; target: string };
    if (!SOCKET_FILE.test(redirection.target)) continue;
    if (
      SHELLS[run.program] === true ||
      run.args.some((arg) => SHELLS[arg.replace(/^.*\//, '')] === true)
    ) {
      found.add('reverse_shell');
      return;
    }
    const isAsked =
      /^(?::|true|echo|printf|cat|)$/.test(run.program) && operands(run.args).length < 2;
    const sendsOutput =
      found.runs.some(
        (other) => other.command.owner === run.place && other.script === run.script,
      ) || /\$\(/.test(run.args.join(' '));
    if (run.program === 'exec' || sendsOutput || before(run, found.runs).length > 0)
      found.add(
        found.runs.some(
          (other) => isInteractiveShell(other) || other.program === 'eval' || loops(other),
        )
          ? 'reverse_shell'
          : 'network_socket',
      );
    else if (!isAsked) found.add('network_socket');
  }
};

/** Reads commands from a descriptor and runs them. */
function loops(run: Invocation): boolean {
  return /^\$[a-z_{]/i.test(run.path);
}
