/** Code on the command line of an interpreter, and programs that start others because their options say so. */
import { optionWith, SHELLS } from './expand.ts';
import {
  before,
  behind,
  firstOf,
  hasLetter,
  judgeEach,
  judges,
  valueOf,
  type Findings,
  type Judge,
} from './findings.ts';
import { isInterpreter } from './interpreters.ts';
import { startsWith, type Invocation } from './invocation.ts';

export const CODE_JUDGES = judges();

const SOCKET =
  /socket|fsockopen|tcpserver|createserver|net"?'?\)?\.connect|\/inet6?\/(?:tcp|udp)|java\.net|\bsockets\b|syscall\.sock|"net"/i;
const RUNS =
  /\b(?:system|exec[lvpe]{0,3}|spawn[lvpe]{0,3}|popen[234]?|passthru|shell_exec|proc_open|pcntl_exec|callcommand|processbuilder|getruntime|run-shell-command|shell-command|esyscmd|syscmd|child_process|subprocess|check_output|open3|shell|term|write18|process\.start|run)\b|%x[{([]|`|os\.execute/i;
/** A shell by its path, or as a word of its own in quotes. */
const SHELL_IN_CODE =
  /(?:^|[^a-z0-9_.-])(?:\/(?:usr\/)?bin\/(?:ba|da|z|k|c|tc|a)?sh|["'](?:ba|da|z|k|a)?sh(?: -i)?["'])(?:$|[^a-z0-9_.-])/i;
const OPENS =
  /\b(?:open|fopen|readfile|file_get_contents|file_put_contents|readfilesync|writefilesync|createreadstream|createwritestream|filereader|filewriter|slurp|urlretrieve|download|readalltext|copy_stream|cp)\b\s{0,3}[("'\s]|\bfile\s?[.{]\s?(?:read|open|write|"|\/)|\bio\.open/i;
const LOADS = /dlopen|loadlibrary|\benable -f\b|ctypes/i;

/** What code says that it does; `isText` for programs whose daily work is code on the command line. */
export function judgeCode(code: string, found: Findings, isText: boolean): void {
  const opensSocket = SOCKET.test(code);
  const runs = RUNS.test(code);
  const hasShell = SHELL_IN_CODE.test(code);
  if (opensSocket && (runs || hasShell || /popen|dup2|stdin|\bfork\b/i.test(code)))
    found.add('reverse_shell');
  else if (runs && hasShell) found.add('shell_escape');
  else if (opensSocket) found.add('network_socket');
  else if (LOADS.test(code)) found.add('library_loaded');
  else if (isText) return;
  else if (runs && !/\brun\b/i.test(code)) found.add('inline_code');
  else if (OPENS.test(code)) found.add('code_opens_file');
}

/** The code behind one of the options; all arguments, since a log may have lost the quotes. */
function codeBehind(run: Invocation, options: readonly string[]): string {
  for (let i = 0; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    for (let o = 0; o < options.length; o++) {
      const option = options[o] as string;
      if (arg === option) return run.args.slice(i + 1).join(' ');
      if (arg.lastIndexOf(option, 0) !== 0) continue;
      const rest = arg.slice(option.length);
      if (option.charCodeAt(1) !== 45 || rest.charCodeAt(0) === 61)
        return [rest].concat(run.args.slice(i + 1)).join(' ');
    }
  }
  return '';
}

judgeEach(CODE_JUDGES, 'python pypy', (run, found) => {
  const at = optionWith(run.args, 'c', 0);
  if (at < 0) {
    if (
      run.args[0] === '-m' &&
      /^(?:http\.server|simplehttpserver|pyftpdlib|smtpd)$/i.test(run.args[1] || '')
    )
      found.add('network_listener');
    return;
  }
  const code = run.args.slice(at + 1).join(' ');
  if (isFilter(run, code, found)) return;
  found.add('python_code');
  judgeCode(code, found, true);
});

/** Within a pipe, a substitution or xargs, and nothing in it but text: a calculation, a look into JSON. */
function isFilter(run: Invocation, code: string, found: Findings): boolean {
  const isWithin =
    before(run, found.runs).length > 0 || run.command.owner >= 0 || run.via === 'xargs';
  return (
    isWithin &&
    !/\b(?:exec|eval|compile|open|socket|subprocess|pty|system|popen|spawn[lvpe]{0,3}|base64|codecs|zlib|marshal|pickle|urllib2?|requests|ctypes|__import__|getattr|importlib|builtins)\b/.test(
      code,
    ) &&
    !SHELL_IN_CODE.test(code) &&
    code.indexOf('\\x') < 0
  );
}

const eachCode = (programs: string, options: readonly string[], isText: boolean): void => {
  judgeEach(CODE_JUDGES, programs, (run, found) => {
    const code = codeBehind(run, options);
    if (code !== '') judgeCode(code, found, isText);
  });
};

judgeEach(CODE_JUDGES, 'perl', (run, found) => {
  const at = run.args.indexOf(firstOf(run.args, (arg) => /^-[a-zA-Z0-9]{0,8}[eE]/.test(arg)));
  if (at >= 0) judgeCode(run.args.slice(at).join(' '), found, hasLetter(run.args, 'np'));
  if (run.args.some((arg) => startsWith(arg, '-d')) && run.command.assignments.length > 0)
    found.add('program_escape');
});
judgeEach(CODE_JUDGES, 'php', (run, found) => {
  if (
    valueOf(run.args, ['-S']) !== undefined &&
    /^(?:0\.0\.0\.0|\[::\])/.test(valueOf(run.args, ['-S']) || '')
  )
    found.add('network_listener');
  const code = codeBehind(run, ['-r']);
  if (code !== '') judgeCode(code, found, false);
});
judgeEach(CODE_JUDGES, 'ruby', (run, found) => {
  if (
    run.args.some((arg) => arg === '-run') &&
    run.args.some((arg) => arg === 'httpd' || arg === '-ehttpd')
  )
    found.add('network_listener');
  const code = codeBehind(run, ['-e']);
  if (code !== '') judgeCode(code, found, hasLetter(run.args, 'np'));
});
eachCode('node nodejs deno bun', ['-e', '-p', '--eval', '--print', '-pe', 'eval'], false);
eachCode(
  'lua luajit slsh gnuplot ghc julia jrunscript r rscript scala groovy nu',
  ['-e', '--evaluate'],
  false,
);
eachCode('octave octave-cli', ['--eval'], false);
eachCode('guile expect tclsh wish', ['-c'], false);
eachCode('clisp', ['-x'], false);
eachCode('elvish', ['-c'], false);
eachCode('emacs emacs-nox gimp', ['--eval', '-eval', '--batch-interpreter', '-b'], true);
eachCode('bpftrace', ['-e', '-c'], true);
eachCode('puppet', ['-e'], false);
eachCode('go', ['run'], true);

judgeEach(CODE_JUDGES, 'awk gawk mawk nawk', (run, found) => {
  const code = run.args.join(' ');
  if (/\/inet6?\/(?:tcp|udp)\//.test(code)) found.add('reverse_shell');
  else if (
    /system\s?\(\s{0,3}["']?\s{0,3}(?:exec )?(?:\/(?:usr\/)?bin\/)?(?:ba|da|z|k|a)?sh(?: -i)?[\s"'0-9<>&]{0,12}\)/.test(
      code,
    )
  )
    found.add('shell_escape');
  else if (/print[^>|]{0,80}>{1,2}\s{0,3}"\//.test(code)) found.add('written_by_detour');
});

/** `:!sh`, `:shell`, `:terminal`, `:py`, `:lua` as commands of an editor. */
judgeEach(CODE_JUDGES, 'vi vim nvim gvim view vimdiff rvim rview ex', (run, found) => {
  const code = run.args.join(' ');
  if (
    /(?:^|[\s|'":])(?:!\s{0,2}\S|sh(?:ell?)?(?:$|[\s|])|ter(?:m|minal)?(?:$|\s)|py(?:thon)?3?\s|lua\s|perl\s|ruby\s|set shell=)/.test(
      code,
    ) &&
    /(?:^|\s)(?:-c|--cmd|\+)/.test(code)
  )
    found.add('shell_escape');
  else if (/redir!?\s?>/.test(code)) found.add('written_by_detour');
});

judgeEach(CODE_JUDGES, 'gdb gdb-multiarch', (run, found) => {
  const code = run.args
    .filter((_arg, i) => /^-{1,2}(?:ex|eval-command)$/.test(run.args[i - 1] || ''))
    .join(' ; ');
  if (/(?:^|\s)(?:!|shell |python |py |pi )/.test(code)) found.add('shell_escape');
  else if (/dump (?:value|memory|binary)|call |generate-core/.test(code)) found.add('memory_read');
});

judgeEach(CODE_JUDGES, 'rpm rpmdb rpmquery rpmverify rpmbuild', (run, found) => {
  const code = valueOf(run.args, ['--eval', '-E', '--pipe']) || '';
  if (/%\(|%\{lua:/.test(code) || SHELL_IN_CODE.test(code)) found.add('shell_escape');
});

/** What is decoded, and what becomes of it. */
judgeEach(CODE_JUDGES, 'base64 base32 basenc uudecode b64decode xxd openssl', (run, found) => {
  const decodes =
    run.program === 'uudecode' ||
    run.program === 'b64decode' ||
    run.args.some((arg) =>
      /^(?:-[iw]{0,2}[dD]i?|--d(?:e(?:c(?:o(?:d(?:e)?)?)?)?)?|-[pr]{0,3}r[pr]{0,3})$/.test(arg),
    );
  if (!decodes) return;
  const runsIt =
    behind(run, found.runs).some((other) => isInterpreter(other.program)) ||
    isRunAround(run, found);
  if (runsIt) found.add('encoded_payload');
  if (run.program === 'base64') found.add('decoded');
});

/** Whether its output is the text of a shell: `sh -c "$(… | base64 -d)"`. */
function isRunAround(run: Invocation, found: Findings): boolean {
  const owner = run.command.owner;
  return (
    owner >= 0 &&
    found.runs.some(
      (other) =>
        other.script === run.script &&
        other.place === owner &&
        (SHELLS[other.program] === true ||
          other.program === 'eval' ||
          isInterpreter(other.program)),
    )
  );
}

/** Shells that are hardly anybody's own: to start one as root is worth a look. */
export const UNUSUAL_SHELL: Judge = (run, found) => {
  if (
    run.args.length === 0 &&
    /^(?:csh|tcsh|ash|sash|yash|posh|elvish|rc|pwsh|xonsh|nu|hush|lksh)$/.test(run.program) &&
    run.command.redirections.length === 0 &&
    before(run, found.runs).length === 0 &&
    behind(run, found.runs).length === 0 &&
    run.command.owner < 0
  )
    found.add('unusual_shell');
};
