/** Files that are read and written, by what they are for. */
import {
  behind,
  firstOf,
  hasLetter,
  operands,
  valueOf,
  type Findings,
  type Judge,
} from './findings.ts';
import { isInterpreter } from './interpreters.ts';
import { programName, startsWith, type Invocation } from './invocation.ts';
import { kindOfPath, pathIn, type PathKind } from './paths.ts';
import { optionWith, SHELLS } from './expand.ts';
import { wordTable } from './word-table.ts';
import type { CommandTrait } from '@mini-soc/model';

/** Programs that look at a file's name, size, owner or sum: they show nothing of what is in it. */
const LOOKS_ONLY = wordTable(
  'ls ll stat test [ [[ chown chmod chgrp md5sum sha1sum sha256sum sha512sum b2sum cksum touch readlink realpath basename dirname file du getfacl lsattr chattr namei restorecon which find locate aide debsums rpm dpkg auditctl inotifywait if for cd mkdir id getent passwd pwck grpck setfacl mv rm shred unlink wc',
);
const COPIES = wordTable('cp mv install rsync ln scp gcp ditto');
const EDITORS = wordTable(
  'vi vim nvim nano pico emacs ee joe mcedit micro ed vigr vipw sudoedit gedit kate ex',
);

const WRITTEN: { readonly [kind in PathKind]?: CommandTrait } = {
  hashes: 'accounts_written',
  accounts: 'accounts_written',
  sudoers: 'sudoers_written',
  timetable: 'timetable_file_written',
  service: 'service_written',
  start: 'start_file_written',
  login_keys: 'login_keys_written',
  preload: 'preload_set',
  pam: 'pam_changed',
  logging: 'log_setting',
  protection: 'log_setting',
  trust: 'trust_anchor_added',
  kernel: 'kernel_setting',
};

/** Logs that tell who did what; others are cut and deleted every day. */
const TELLING_LOG =
  /^\/(?:var\/log\/(?:\*?$|syslog$|messages$|secure$|security$|auth\.log$|system\.log$|kern\.log$|daemon\.log$|user\.log$|audit(?:\/|$)|journal(?:\/|$)|[wb]tmp$|lastlog$|faillog$|tallylog$|cron$|maillog$|ufw\.log$|sudo\.log$|\{)|var\/audit(?:\/|$)|run\/log\/journal|(?:var\/)?run\/utmp$|var\/spool\/mail\/(?:root)?|var\/lib\/docker\/containers\/)/;

/** What every program of a line does to files, whatever it is. */
export const judgeFiles: Judge = (run, found) => {
  judgeRedirections(run, found);
  const written = writtenBy(run);
  for (let i = 0; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    const path = pathIn(arg);
    if (path === '') continue;
    const kind = kindOfPath(path);
    if (kind === undefined) continue;
    if (kind === 'hidden' && run.program !== 'mktemp') found.add('hidden_file');
    if (written !== undefined && written(i, arg)) judgeWritten(run, kind, found);
    else judgeRead(run, kind, found);
  }
  if (run.via === 'find' || run.via === 'xargs') return;
  if (run.path.charCodeAt(0) === 47 || run.path.charCodeAt(0) === 46)
    judgeProgramPath(run.path, found);
  if (isInterpreter(run.program) || run.program === '.' || run.program === 'source')
    judgeScriptPath(run, found);
};

function judgeProgramPath(path: string, found: Findings): void {
  const kind = kindOfPath(pathIn(path));
  if (kind === 'hidden') found.add('hidden_file');
  else if (kind === 'temporary' && !found.has('hidden_file')) found.add('temporary_program');
}

function judgeScriptPath(run: Invocation, found: Findings): void {
  const script = firstOf(run.args, (arg) => arg.charCodeAt(0) !== 45);
  if (kindOfPath(pathIn(script)) === 'temporary' && !/\/ansible-tmp-/.test(script))
    found.add('temporary_program');
}

function judgeRedirections(run: Invocation, found: Findings): void {
  const list = run.command.redirections;
  for (let i = 0; i < list.length; i++) {
    const { operator, target } = list[i] as { operator: string; target: string };
    const path = pathIn(target);
    if (path === '' || operator === '<<<' || operator === '<<') continue;
    const kind = kindOfPath(path);
    if (kind === undefined) continue;
    if (kind === 'hidden') found.add('hidden_file');
    if (operator.charAt(0) === '<' && operator !== '<>') judgeRead(run, kind, found);
    else if (kind === 'log' || kind === 'history') {
      if (
        operator.indexOf('>>') < 0 &&
        empties(run) &&
        (kind === 'history' || TELLING_LOG.test(path))
      )
        found.add(kind === 'log' ? 'log_removed' : 'history_cleared');
    } else judgeWritten(run, kind, found);
  }
}

/** A command that has nothing of its own to say: what it is redirected to is empty afterwards. */
function empties(run: Invocation): boolean {
  const { program, args } = commandOf(run);
  return (
    /^(?:|:|true|echo|printf|cat|cp|dd)$/.test(program) &&
    args.every((arg) => arg.length < 4 || /^\/dev\/(?:null|zero)$/.test(arg))
  );
}

/**
 * The command, or of a shell the one its script begins with, without a program when it is empty. sudo writes no
 * quotes: of `sh -c '> file'` the log has `sh -c > file`, a redirection of the shell itself.
 */
function commandOf(run: Invocation): Pick<Invocation, 'program' | 'args'> {
  const option = SHELLS[run.program] === true ? optionWith(run.args, 'c', 0) : -1;
  if (option < 0) return run;
  const script = run.args.slice(option + 1);
  return { program: programName(script[0] || ''), args: script.slice(1) };
}

/** Which arguments a program writes to; undefined for one that only reads. */
function writtenBy(run: Invocation): ((at: number, arg: string) => boolean) | undefined {
  const last = run.args.length - 1;
  if (COPIES[run.program] === true) {
    const folder = valueOf(run.args, ['-t', '--target-directory']);
    return (at, arg) => (folder === undefined ? at === last && at > 0 : arg.indexOf(folder) >= 0);
  }
  if (EDITORS[run.program] === true) return () => true;
  switch (run.program) {
    case 'tee':
    case 'truncate':
    case 'sponge':
      return () => true;
    case 'dd':
      return (_at, arg) => arg.lastIndexOf('of=', 0) === 0;
    case 'sed':
    case 'perl':
    case 'ruby':
      return run.args.some((arg) => /^-[a-zA-Z]{0,4}i|^--in-place/.test(arg))
        ? () => true
        : undefined;
    case 'curl':
    case 'wget':
      return (at) => /^-[a-zA-Z]{0,6}[oO]$|^--output/.test(run.args[at - 1] || '');
    default:
      return undefined;
  }
}

/** Without a program: what the log has left of a script whose quotes are gone. */
const WRITES_BY_HAND = /^(?:|echo|printf|tee|sed|cat|dd)$/;

function judgeWritten(run: Invocation, kind: PathKind, found: Findings): void {
  if (kind === 'log' || kind === 'history') {
    judgeRead(run, kind, found);
    return;
  }
  const trait = WRITTEN[kind];
  if (trait === undefined) return;
  if (EDITORS[run.program] === true) {
    // With an editor at work; sudoers has one of its own, which checks what was written.
    if (kind === 'sudoers' || kind === 'hashes' || kind === 'preload') found.add(trait);
    return;
  }
  // A user's own files of start are given lines every day by installers, and linked to a folder of them.
  if (
    kind === 'start' &&
    !WRITES_BY_HAND.test(commandOf(run).program) &&
    COPIES[run.program] !== true
  )
    return;
  if (
    COPIES[run.program] === true &&
    (kind === 'service' || kind === 'timetable' || kind === 'start' || kind === 'trust')
  ) {
    found.add(kind === 'trust' ? trait : 'service_installed');
    return;
  }
  if (run.program === 'touch' && kind !== 'preload') return;
  found.add(trait);
}

function judgeRead(run: Invocation, kind: PathKind, found: Findings): void {
  switch (kind) {
    case 'hashes':
      if (LOOKS_ONLY[run.program] === true || isRewrapped(run)) return;
      if (isBackup(run)) found.add('hashes_copied_to_backup');
      else found.add(asksForOne(run) ? 'hash_of_one_read' : 'hashes_read');
      return;
    case 'private_key':
    case 'credential':
      if (
        LOOKS_ONLY[run.program] !== true &&
        !/^(?:ssh|ssh-keygen|ssh-add|scp|sftp|rsync|ssh-copy-id|git|kubectl|helm|docker|aws|ansible|ansible-playbook|sshd|autossh|vi|vim|nano|mkdir|sudo|env|xargs|sh|bash)$/.test(
          run.program,
        )
      )
        found.add('credential_read');
      return;
    case 'memory':
      if (
        /^(?:dd|cat|strings|grep|xxd|head|tail|cp|hexdump|gdb|python|sh|bash)$/.test(run.program) &&
        !(run.program !== 'dd' && /\/maps?$/.test(run.args.join(' ')))
      )
        found.add('memory_read');
      return;
    case 'history':
      if (
        /^(?:rm|shred|truncate|unlink|srm|wipe)$/.test(run.program) ||
        (run.program === 'ln' && run.args.indexOf('/dev/null') >= 0) ||
        (run.program === 'cp' && run.args.indexOf('/dev/null') >= 0)
      )
        found.add('history_cleared');
      else if (
        /^(?:cat|grep|egrep|strings|cp|scp)$/.test(run.program) &&
        (run.program !== 'cat' || behind(run, found.runs).some(({ program }) => program === 'grep'))
      )
        found.add('credential_read');
      return;
    case 'log':
      judgeLog(run, found);
      return;
    default:
  }
}

/** A shell or wrapper that has the name in the text of its script: the program within is judged. */
function isRewrapped(run: Invocation): boolean {
  return (
    (SHELLS[run.program] === true && hasLetter(run.args, 'c')) ||
    /^(?:sudo|doas|su|env|xargs|nohup|nice|ionice|timeout|time|eval|watch|exec|command|busybox|setsid)$/.test(
      run.program,
    )
  );
}

/** Copying it to where backups lie. */
function isBackup(run: Invocation): boolean {
  if (
    !/^(?:cp|rsync|tar|install|gtar|bsdtar|zip|borg|restic|duplicity|rdiff-backup|cpio|diff|cmp)$/.test(
      run.program,
    )
  )
    return false;
  return run.args.some((arg) => {
    const path = pathIn(arg);
    return (
      kindOfPath(path) === 'backup' ||
      /^\/etc\/g?shadow[.-](?:bak|backup|orig|save|old)/.test(path) ||
      /^\/(?:mnt|srv|media|var|data|home|root|opt)\/.{0,80}(?:backup|bak)/.test(path)
    );
  });
}

/** `grep NAME FILE`: one line of it, of a plain name. */
function asksForOne(run: Invocation): boolean {
  return (
    /^[ef]?grep$/.test(run.program) &&
    /^(?:\^)?[a-z_][a-z0-9_.-]{1,31}:?$/i.test(operands(run.args)[0] || '') &&
    !hasLetter(run.args, 'v')
  );
}

function judgeLog(run: Invocation, found: Findings): void {
  const removes =
    /^(?:rm|shred|unlink|srm|wipe|truncate)$/.test(run.program) ||
    ((run.program === 'sed' || run.program === 'perl') && hasLetter(run.args, 'i')) ||
    (/^(?:cp|ln|mv)$/.test(run.program) && run.args.indexOf('/dev/null') >= 0) ||
    (run.program === 'dd' && run.args.some((arg) => startsWith(arg, 'of=/var/log')));
  if (removes && run.args.some((arg) => TELLING_LOG.test(pathIn(arg)))) found.add('log_removed');
}
