/**
 * A shell handed to a program that is not made for it. Nearly every program that can start another takes its
 * name as an argument or in a text of its own (`find -exec`, `-o ProxyCommand=`, `:!sh`), so the rule is
 * general, and the list says for which programs the path of a shell is plain data.
 */
import { SHELLS } from './expand.ts';
import type { Judge } from './findings.ts';
import { isInteractiveShell } from './interpreters.ts';
import { startsWith, type Invocation } from './invocation.ts';
import { WRAPPERS } from './wrappers.ts';
import { wordTable } from './word-table.ts';

const TAKES_SHELL_AS_DATA = wordTable(`
  nc ncat netcat socat socket useradd usermod adduser chsh ls cat file stat chmod chown chgrp which whereis type man info help test [ [[ grep egrep
  fgrep zgrep rg ag sed dpkg rpm apt apt-get apt-cache apt-file yum dnf pacman apk zypper snap update-alternatives
  docker podman kubectl nerdctl crictl machinectl docker-compose chroot systemd-nspawn arch-chroot schroot debootstrap
  tmux screen srun salloc sbatch bwrap mktemp ldd readlink realpath md5sum sha1sum sha256sum sha512sum strings printf echo getent passwd sudo doas su runuser
  login ssh mosh vagrant exec command builtin hash head tail wc diff cmp od xxd hexdump du df rm touch readelf nm objdump
  vim vi nano less more most bat export set declare local for case select let alias dirname basename tee size ps pgrep pkill
  kill killall lsof fuser pidof find locate mlocate plocate script pw lxc-attach incus lxc setfacl getfacl getcap setcap
  import-ssh-id homectl ssh-copy-id pkg trap wait return read cd pushd dd lspath xargs usermod passwd add-shell remove-shell
  chcon restorecon semanage auditctl ausearch aa-genprof awk gawk mawk nawk rsync scp tar zip unzip 7z gpg openssl`);

const SHELL_PATH =
  /(?:^|[\s=!:,'"(;|`[{@&])\/(?:usr\/)?(?:local\/)?bin\/(?:ba|da|z|k|c|tc|a)?sh(?:$|[\s'",;)\]}|`&:<>])/;

/** A shell in a text, tied to the terminal that is there. */
const WIRED =
  /\/bin\/(?:ba|da|z|k)?sh\b.{0,40}(?:[0-2]?<&[0-2]|[0-2]?>&[0-2]|<\s?\/dev\/tty|<\s?\$\(tty\))/;

/** Variables that name a program which others start. */
const STARTS_PROGRAM =
  /^(?:PAGER|EDITOR|VISUAL|SYSTEMD_EDITOR|SUDO_EDITOR|LESSOPEN|LESSCLOSE|MANPAGER|GIT_[A-Z_]{1,30}|BROWSER|PERL5(?:OPT|DB)|AUTOM4TE|CRASHPAGER|[A-Z_]{1,40}_COMMAND|BASH_ENV|ENV|PROMPT_COMMAND)=/;

export const judgeEscape: Judge = (run, found) => {
  if ((run.via !== '' || run.command.isNegated) && isInteractiveShell(run)) {
    found.add('shell_escape');
    return;
  }
  // A line typed into a program that takes commands: `!/bin/sh`.
  if (/\(\s?\/(?:usr\/)?bin\/(?:ba|da|z)?sh\b/.test(run.path)) found.add('shell_escape');
  if (/^[:.^\\]?[A-Z]?!/.test(run.path) && /(?:^|[/!])(?:ba|da|z|k)?sh$/.test(run.path))
    found.add('shell_escape');
  judgeVariables(run, found);
  if (run.program === '' || SHELLS[run.program] === true) return;
  if (
    run.program === 'cp' ||
    run.program === 'ln' ||
    run.program === 'mv' ||
    run.program === 'install' ||
    run.program === 'mount'
  ) {
    judgeCopiedShell(run, found);
    return;
  }
  if (run.program === 'echo' || run.program === 'printf' || run.program === 'cat') {
    judgeWrittenShell(run, found);
    return;
  }
  if (run.args.some((arg) => WIRED.test(arg))) {
    found.add('shell_escape');
    return;
  }
  const isOwnHost =
    (run.program === 'ssh' || run.program === 'mosh') && run.args.indexOf('localhost') >= 0;
  if (TAKES_SHELL_AS_DATA[run.program] === true && !isOwnHost) return;
  const isWrapper = WRAPPERS[run.program] !== undefined;
  for (let i = 0; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    if (arg.indexOf('sh') < 0) continue;
    // What a wrapper runs is judged by itself; what stands in its other arguments is not seen there.
    if (isWrapper && SHELL_ALONE.test(arg)) continue;
    if (!SHELL_PATH.test(arg)) continue;
    if (SHELL_ALONE.test(arg) && !isInteractiveAt(run, i)) continue;
    found.add('shell_escape');
    return;
  }
};

const SHELL_ALONE = /^\/(?:usr\/)?(?:local\/)?bin\/[a-z]{0,3}sh$/;

/** Whether a shell among the arguments is given nothing to run: `… /bin/sh -c WORK` and `… /bin/sh FILE` are daily. */
function isInteractiveAt(run: Invocation, at: number): boolean {
  for (let i = at + 1; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    if (/^-[a-z]{0,4}c$/.test(arg))
      return /(?:^|[\s;/])(?:ba|da|z|k)?sh(?:$|[\s;])/.test(run.args[i + 1] || '');
    if (arg.charCodeAt(0) !== 45)
      return (
        !(/^(?:[;+]|\\;|[a-z]{1,3})$/.test(arg) || /[/@:]/.test(arg)) ||
        /[;+]$/.test(arg) ||
        i === run.args.length - 1
      );
  }
  return true;
}

function judgeVariables(run: Invocation, found: Parameters<Judge>[1]): void {
  const list = run.command.assignments;
  for (let i = 0; i < list.length; i++) judgeVariable(list[i] as string, run, found);
  if (
    run.program === 'export' ||
    run.program === 'env' ||
    run.program === 'sudo' ||
    run.program === 'declare'
  )
    for (let i = 0; i < run.args.length; i++)
      if ((run.args[i] as string).indexOf('=') > 0)
        judgeVariable(run.args[i] as string, run, found);
}

function judgeVariable(text: string, run: Invocation, found: Parameters<Judge>[1]): void {
  if (/^LD_(?:PRELOAD|AUDIT)=./.test(text)) found.add('preload_set');
  else if (/^LD_LIBRARY_PATH=(?:\/tmp|\/dev\/shm|\/var\/tmp|\.(?:$|\/|:))/.test(text))
    found.add('preload_set');
  else if (
    /^HIST(?:FILE=(?:\/dev\/null|$)|(?:FILE)?SIZE=0$|CONTROL=ignore(?:both|space)|IGNORE=)/.test(
      text,
    )
  )
    found.add('history_cleared');
  else if (
    run.path !== '' &&
    STARTS_PROGRAM.test(text) &&
    (SHELL_PATH.test(text) || /=['"]?(?:ba|da|z)?sh(?:$|\s)/.test(text))
  )
    found.add('shell_escape');
  else if (
    run.path !== '' &&
    /^(?:LESSOPEN|PERL5DB|BASH_ENV|SYSTEMD_EDITOR|AUTOM4TE|CRASHPAGER|[A-Z_]{1,40}_COMMAND)=./.test(
      text,
    ) &&
    !startsWith(text, 'PROMPT_COMMAND=')
  )
    found.add('program_escape');
  else if (/^PROMPT_COMMAND=.*history/.test(text)) found.add('credential_read');
}

/** A shell under another name or place. */
function judgeCopiedShell(run: Invocation, found: Parameters<Judge>[1]): void {
  if (run.program === 'mount' && !run.args.some((arg) => /bind|^-B$/.test(arg))) return;
  if (
    run.args.some((arg) => SHELL_ALONE.test(arg)) ||
    (run.program !== 'mount' && run.args.some((arg) => /^\$\(which (?:ba|z|da)?sh\)$/.test(arg)))
  )
    // Making one shell the other (`ln -sf /bin/bash /bin/sh`) is what a distribution does.
    if (!run.args.filter((arg) => arg.charAt(0) !== '-').every((arg) => SHELL_ALONE.test(arg)))
      found.add('program_escape');
}

/** A file that is given a command for a shell, or code that opens one; a first line `#!…` is daily. */
function judgeWrittenShell(run: Invocation, found: Parameters<Judge>[1]): void {
  const redirections = run.command.redirections;
  if (!redirections.some(({ operator }) => operator === '>' || operator === '>>')) return;
  const texts = redirections
    .filter(({ operator }) => operator === '<<')
    .map(({ target }) => target);
  const text = (run.program === 'cat' ? '' : run.args.join(' '))
    .concat(' ', texts.join(' '))
    .replace(/#!\s?\/(?:usr\/)?bin\/\S{1,20}/g, '');
  if (text.indexOf('sh') < 0) return;
  if (
    /syscall\.(?:Socket|Exec)|net\.(?:Dial|Listen|ParseIP)|socket\.socket/.test(text) &&
    text.indexOf('/bin/sh') >= 0
  )
    found.add('reverse_shell');
  if (!SHELL_PATH.test(text) && !/exec (?:ba|z|da)?sh\b/.test(text)) return;
  // A script that has work for a shell, and a line of a table of accounts, are daily.
  if (
    /\/bin\/(?:ba|da|z|k)?sh (?:-[a-z]{1,4} )?[/$~.\w]|[a-z]:[^\s]{0,200}:\/bin|SHELL=/.test(
      text,
    ) &&
    !WIRED.test(text)
  )
    return;
  found.add('program_escape');
}
