/** Programs that run another program, which is a part of their own arguments. Facts from their manual pages. */

export interface Wrapper {
  /** Letters of options that take the next argument. */
  readonly values: string;
  /** Arguments of its own before the command. */
  readonly positional: number;
  /** It only says as whom or where to: to start a shell by it is no way around anything. */
  readonly isPlain: boolean;
}

/** Name, letters of options with a value (- for none), arguments before the command, ! when plain. */
const LINES = `
sudo ugpCcDRThrtU 0 !
doas uC 0 !
exec a 0 !
command - 0 !
builtin - 0 !
time fo 0
env uCS 0
nice n 0
ionice cnpPu 0
nohup - 0
setsid - 0
stdbuf ioe 0
timeout ks 1
chrt TPD 1
taskset - 1
xargs IinLlPdEas 0
busybox - 0 !
toybox - 0 !
strace oepsEaSuPIbX 0
ltrace oepsuaSlnFAx 0
unshare SGRw 0
setarch - 0
linux32 - 0
linux64 - 0
prlimit - 0
torify - 0
torsocks - 0
tsocks - 0
proxychains f 0
proxychains4 f 0
firejail - 0
unbuffer - 0
rlwrap abcCDefgHilmNoPqsStwz 0
fakeroot lfisb 0
choom nNp 0
cpulimit lpe 0
numactl - 0
caffeinate tw 0
pkexec - 0
logsave - 1
softlimit adfloprstcmn 0
setlock - 1
aa-exec pn 0
aoss - 0
ssh-agent atE 0
sshpass pfdeP 0
valgrind - 0
multitime nIiorls 0
pexec - 0
grc c 0
catchsegv - 0
dbus-run-session - 0
systemd-inhibit - 0
systemd-run pEuMrGC 0
eatmydata - 0
chpst uUbenlmdofprt 0
setpriv - 0
capsh - 0
gosu - 1 !
chronic - 0
ts - 0
entr - 0
parallel jNaISP 0
flock wE 1
faketime f 1 !
xvfb-run aefnpsw 0
gdb x 0
ld.so - 0
ld-linux-x86-64.so.2 - 0
`;

const table = Object.create(null) as { [name: string]: Wrapper };
for (const line of LINES.split('\n')) {
  const parts = line.split(' ');
  if (parts.length < 3) continue;
  table[parts[0] as string] = {
    values: parts[1] === '-' ? '' : (parts[1] as string),
    positional: Number(parts[2]),
    isPlain: parts[3] === '!',
  };
}

/** By the name of the program. */
export const WRAPPERS: { readonly [name: string]: Wrapper | undefined } = table;

const LONG_VALUES =
  / --(?:user|group|host|prompt|chdir|unset|split-string|adjustment|class|classdata|signal|kill-after|max-args|max-procs|arg-file|delimiter|replace|property|unit|slice|on-calendar|on-active|output|exec|pidfile|chuid) /;

/**
 * Where the command begins among the arguments; -1 when there is none. Options of the wrapper, its own
 * arguments and variables are stepped over.
 */
export function commandAt(wrapper: Wrapper, args: readonly string[]): number {
  let left = wrapper.positional;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      // What stands behind is the command, but for the wrapper's own.
      const at = i + 1 + left;
      return at < args.length ? at : -1;
    }
    if (arg.charCodeAt(0) === 45 && arg.length > 1) {
      if (takesNext(wrapper, arg)) i++;
      continue;
    }
    if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(arg)) continue;
    if (left === 0) return i;
    left--;
  }
  return -1;
}

function takesNext(wrapper: Wrapper, option: string): boolean {
  if (option.charCodeAt(1) === 45) return LONG_VALUES.test(` ${option} `);
  for (let i = 1; i < option.length; i++)
    if (wrapper.values.indexOf(option.charAt(i)) >= 0) return i === option.length - 1;
  return false;
}
