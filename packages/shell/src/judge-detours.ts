/**
 * Files read or written by programs that are not made for it. Whoever may run only some programs by sudo uses
 * them so; the options that make it work have no other sense.
 */
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
import { startsWith, type Invocation } from './invocation.ts';
import { wordTable } from './word-table.ts';

export const DETOUR_JUDGES = judges();

const shown = (found: Findings): void => found.add('read_by_detour');
const isFirst = (run: Invocation, found: Findings): boolean => before(run, found.runs).length === 0;

/** `PROGRAM FILE | PROGRAM -d`: packed and unpacked at once, a copy by a program that nobody watches. */
judgeEach(
  DETOUR_JUDGES,
  'base64 base32 base58 basenc basez ascii85 b64 bzip2 gzip pigz xz zstd lz4 lzma lzop compress xxd 7z 7za 7zr openssl rev uuencode brotli',
  (run, found) => {
    const next = behind(run, found.runs)[0];
    if (next !== undefined && run.args.length > 0 && undoes(run, next)) shown(found);
  },
);

function undoes(run: Invocation, next: Invocation): boolean {
  if (run.program === 'uuencode') return next.program === 'uudecode';
  if (run.program !== next.program) return false;
  const decodes = (args: readonly string[]): boolean =>
    args.some((arg) => /^(?:-[a-z]{0,2}[dDr]|--decode|--decompress|--uncompress|e|x|-)$/.test(arg));
  return (
    (decodes(next.args) && !decodes(run.args)) ||
    (run.program === 'rev' && operands(run.args).length === 1 && next.args.length === 0)
  );
}

judgeEach(
  DETOUR_JUDGES,
  'cp lwp-download uuencode install cupsfilter check_log dd mv tar xxd iconv split sort',
  (run, found) => {
    if (run.args.some((arg) => arg === '/dev/stdout' || arg === 'of=/dev/stdout')) shown(found);
    if ((run.program === 'cp' || run.program === 'install') && run.args.indexOf('/dev/stdin') >= 0)
      found.add('written_by_detour');
  },
);

/** Compared with nothing, a file is shown. */
judgeEach(DETOUR_JUDGES, 'diff cmp comm join msgmerge puppet ltrace paste', (run, found) => {
  if (run.args.some((arg) => arg === '/dev/null' || arg === '/dev/zero')) shown(found);
});

/** Lines that are never broken: a program for layout shows the file. */
judgeEach(DETOUR_JUDGES, 'fold fmt ptx od unexpand expand pr hexdump', (run, found) => {
  const isWide = (arg: string): boolean => {
    const width = /^(?:-[wt]?|--width=)([0-9]{3,9})$/.exec(arg);
    return width !== null && Number(width[1]) > 500;
  };
  if (run.args.some(isWide)) shown(found);
});

/** Options that make a program for parts of a file show all of it. */
judgeEach(DETOUR_JUDGES, 'sed look cut', (run, found) => {
  const [first, second] = run.args;
  const isEmpty = first === '' || (run.program === 'cut' && first === '-d' && second === '');
  if (isEmpty && isFirst(run, found)) shown(found);
});
judgeEach(DETOUR_JUDGES, 'head tail', (run, found) => {
  if (/^-c[-+]0$/.test(run.args[0] || '')) shown(found);
});
judgeEach(DETOUR_JUDGES, 'dd', (run, found) => {
  const only = run.args.length === 1 ? (run.args[0] as string) : '';
  if (
    startsWith(only, 'if=/') &&
    !startsWith(only, 'if=/dev/') &&
    behind(run, found.runs).length === 0 &&
    run.command.owner < 0 &&
    run.command.redirections.length === 0
  )
    shown(found);
});
judgeEach(DETOUR_JUDGES, 'grep egrep fgrep zgrep', (run, found) => {
  const [first, second, third] = run.args;
  if (first === '' && second !== undefined && startsWith(second, '/') && third === undefined)
    shown(found);
});
judgeEach(DETOUR_JUDGES, 'awk gawk mawk nawk', (run, found) => {
  if (run.args[0] === '//' && isFirst(run, found)) shown(found);
});
judgeEach(DETOUR_JUDGES, 'perl', (run, found) => {
  if (run.args[0] === '-ne' && run.args[1] === 'print' && isFirst(run, found)) shown(found);
});
judgeEach(DETOUR_JUDGES, 'jq', (run, found) => {
  const [first, second] = run.args;
  if (
    first !== undefined &&
    /^-[a-zA-Z]{0,6}R/.test(first) &&
    second === '.' &&
    isFirst(run, found)
  )
    shown(found);
});
judgeEach(DETOUR_JUDGES, 'sort', (run, found) => {
  const [first, second, third] = run.args;
  if (first === '-m' && second !== undefined && startsWith(second, '/') && third === undefined)
    shown(found);
});
judgeEach(DETOUR_JUDGES, 'nl', (run, found) => {
  if (hasOption(run.args, ['-bn'])) shown(found);
});
judgeEach(DETOUR_JUDGES, 'iconv', (run, found) => {
  const from = valueOf(run.args, ['-f']);
  if (from !== undefined && from === valueOf(run.args, ['-t']) && isFirst(run, found)) shown(found);
});
judgeEach(DETOUR_JUDGES, 'readelf as gcc nasm cc ld clang', (run, found) => {
  if (run.args.some((arg) => startsWith(arg, '@/'))) shown(found);
});

judgeEach(DETOUR_JUDGES, 'sed', (run, found) => {
  if (/(?:^|[/;}])w \//.test(operands(run.args)[0] || '')) found.add('written_by_detour');
});
judgeEach(DETOUR_JUDGES, 'exiftool', (run, found) => {
  if (
    run.args.some((arg) => /^-(?:filename|directory)=\//i.test(arg) || /<=?\//.test(arg)) ||
    hasOption(run.args, ['-W'])
  )
    found.add('written_by_detour');
});
judgeEach(DETOUR_JUDGES, 'dosbox', (run, found) => {
  if (/mount [a-z] \/(?:\s|$|'|")/i.test(run.args.join(' '))) found.add('read_by_detour');
});
judgeEach(DETOUR_JUDGES, 'git', (run, found) => {
  if (hasOption(run.args, ['--unsafe-paths'])) found.add('written_by_detour');
});
judgeEach(DETOUR_JUDGES, 'ssh-copy-id', (run, found) => {
  if (hasOption(run.args, ['-t']) && hasLetter(run.args, 'f')) found.add('written_by_detour');
});
judgeEach(DETOUR_JUDGES, 'fail2ban-client', (run, found) => {
  if (run.args.indexOf('actionban') >= 0 || run.args.indexOf('actionstart') >= 0)
    found.add('program_escape');
});
judgeEach(DETOUR_JUDGES, 'ldconfig', (run, found) => {
  const list = valueOf(run.args, ['-f']) || '';
  if (startsWith(list, '/') && !startsWith(list, '/etc/')) found.add('library_loaded');
});
judgeEach(DETOUR_JUDGES, 'ffmpeg', (run, found) => {
  if (/ladspa=f(?:ile)?=[^,]{0,200}\//.test(run.args.join(' '))) found.add('library_loaded');
});

const USUAL_FOLDER = /^\/(?:etc|usr|opt|var|home|srv|run|root|snap|mnt)\//;

/** A server started by hand with a configuration from where configurations do not lie: it says what it cannot read. */
judgeEach(
  DETOUR_JUDGES,
  'apache2 httpd nginx mosquitto openvpn rsyslogd logrotate sshd smbd slapd named haproxy redis-server apache2ctl',
  (run, found) => {
    const value =
      valueOf(run.args, ['-f', '-c', '--config', '-C']) ||
      (run.program === 'logrotate' ? operands(run.args)[0] : undefined) ||
      '';
    const path = value.replace(/^Include /, '');
    if (startsWith(path, '/') && !USUAL_FOLDER.test(path)) found.add('read_by_detour');
  },
);

/** A script that is nothing but a file to read, `sh -c '<FILE'`, or says only what a file holds. */
export const judgeBareRead: Judge = (run, found) => {
  if (run.path !== '' || run.command.assignments.length > 0) return;
  const reads = run.command.redirections.some(
    ({ operator, target }) =>
      operator === '<' && target.charCodeAt(0) === 47 && target.lastIndexOf('/dev/', 0) !== 0,
  );
  if (!reads || run.script === 0) return;
  if (run.command.owner < 0) found.add('read_by_detour');
  else if (
    found.runs.some(
      (other) =>
        other.script === run.script &&
        other.place === run.command.owner &&
        other.program === 'echo' &&
        other.args.length === 1 &&
        other.command.redirections.length === 0,
    )
  )
    found.add('read_by_detour');
};

/** Interpreters that wait for somebody to type code: as root it is a shell. */
const TALKS = wordTable(
  'irb pry jshell jjs tclsh wish ghci guile clisp byebug pdb msfconsole bconsole cpan',
);
export const judgeTalking: Judge = (run, found) => {
  if (before(run, found.runs).length > 0) return;
  if (
    (TALKS[run.program] === true && run.args.length === 0) ||
    (run.program === 'dotnet' && run.args[0] === 'fsi' && run.args.length === 1)
  )
    found.add('interpreter_started');
};

judgeEach(DETOUR_JUDGES, 'iptables-save', (run, found) => {
  if (
    hasOption(run.args, ['-f']) &&
    /^\/etc\/(?:cron|sudoers|passwd)/.test(valueOf(run.args, ['-f']) || '')
  )
    found.add('written_by_detour');
});
