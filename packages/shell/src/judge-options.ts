/** Programs that start another, read or load a file because an option of theirs says so. */
import { firstOf, hasOption, judgeEach, judges, valueOf } from './findings.ts';
import { startsWith } from './invocation.ts';

export const OPTION_JUDGES = judges();

judgeEach(OPTION_JUDGES, 'latex pdflatex tex pdftex lualatex luatex xelatex', (run, found) => {
  if (
    run.args.some((arg) => /^--?(?:shell-escape|enable-write18)$/.test(arg)) &&
    /write18|directlua|input\{?\|/.test(run.args.join(' '))
  )
    found.add('shell_escape');
  else if (/verbatiminput|immediate\\openout|\\openin/.test(run.args.join(' ')))
    found.add('read_by_detour');
});

judgeEach(OPTION_JUDGES, 'make gmake remake', (run, found) => {
  const code = valueOf(run.args, ['--eval', '-E']) || '';
  if (/\$[({]shell/.test(code)) found.add('shell_escape');
  else if (/\$[({]file/.test(code)) found.add('read_by_detour');
});

judgeEach(OPTION_JUDGES, 'tar bsdtar gtar', (run, found) => {
  const text = run.args.join(' ');
  if (/--checkpoint-action[= ]exec/.test(text)) found.add('shell_escape');
  if (
    /--(?:rsh-command|rmt-command|to-command|info-script|new-volume-script|use-compress-program)[= ]\S{0,40}sh\b/.test(
      text,
    )
  )
    found.add('program_escape');
  if (run.args.some((arg) => arg === '/dev/stdout') && hasOption(run.args, ['-I']))
    found.add('read_by_detour');
});

judgeEach(OPTION_JUDGES, 'zip', (run, found) => {
  if (hasOption(run.args, ['-TT', '--unzip-command'])) found.add('shell_escape');
  if (valueOf(run.args, ['--password', '-P']) !== undefined) found.add('sensitive_archive');
});
judgeEach(OPTION_JUDGES, 'nmap', (run, found) => {
  if (hasOption(run.args, ['--interactive'])) found.add('shell_escape');
  if (/^(?:\/|\.)/.test(valueOf(run.args, ['--script']) || '')) found.add('program_escape');
});
judgeEach(OPTION_JUDGES, 'tcpdump', (run, found) => {
  if (
    valueOf(run.args, ['-z']) !== undefined &&
    !/^(?:g?zip|bzip2|xz|zstd)$/.test(valueOf(run.args, ['-z']) || '')
  )
    found.add('program_escape');
});
judgeEach(OPTION_JUDGES, 'git', (run, found) => {
  if (
    run.args.some((arg) => startsWith(arg, '--exec-path=')) ||
    /core\.(?:pager|editor|sshcommand|fsmonitor)=.{0,40}\bsh\b/i.test(run.args.join(' '))
  )
    found.add('program_escape');
  if (run.args.some((arg) => arg === '/dev/null') && run.args[0] === 'diff')
    found.add('read_by_detour');
});
judgeEach(OPTION_JUDGES, 'man', (run, found) => {
  if (/sh\b/.test(valueOf(run.args, ['-P', '-H', '--pager', '--html']) || ''))
    found.add('shell_escape');
});
judgeEach(OPTION_JUDGES, 'tmux tmate nano', (run, found) => {
  if (/^\/(?:usr\/)?bin\/[a-z]{0,3}sh$/.test(valueOf(run.args, ['-c', '-s']) || ''))
    found.add('shell_escape');
});
judgeEach(OPTION_JUDGES, 'latexmk rake knife bee sqlmap', (run, found) => {
  if (
    run.args.some((arg) => /^(?:-e|-p|-E|eval|--eval=.+)$/.test(arg)) &&
    !(run.program === 'sqlmap' && run.args.every((arg) => arg.indexOf('--eval') !== 0)) &&
    run.args.length > 1
  )
    found.add('inline_code');
});
judgeEach(OPTION_JUDGES, 'capsh', (run, found) => {
  if (run.args[run.args.length - 1] === '--') found.add('shell_escape');
});
judgeEach(OPTION_JUDGES, 'wget', (run, found) => {
  if (hasOption(run.args, ['--use-askpass'])) found.add('program_escape');
});
judgeEach(OPTION_JUDGES, 'aria2c', (run, found) => {
  if (run.args.some((arg) => /^--on-(?:bt-)?download-/.test(arg))) found.add('program_escape');
});
judgeEach(OPTION_JUDGES, 'dnsmasq openvpn', (run, found) => {
  const value = valueOf(run.args, [
    '--conf-script',
    '--up',
    '--plugin',
    '--route-up',
    '--tls-verify',
  ]);
  if (value !== undefined && (run.program === 'dnsmasq' || /sh\b|\/tmp\//.test(value)))
    found.add('program_escape');
});
judgeEach(OPTION_JUDGES, 'curl', (run, found) => {
  if (/[./]/.test(valueOf(run.args, ['--engine']) || '')) found.add('library_loaded');
});
judgeEach(OPTION_JUDGES, 'mysql', (run, found) => {
  if (/\.\.\//.test(valueOf(run.args, ['--default-auth', '--plugin-dir']) || ''))
    found.add('library_loaded');
});
judgeEach(OPTION_JUDGES, 'ssh-keygen', (run, found) => {
  if (/^[./~]/.test(valueOf(run.args, ['-D']) || '')) found.add('library_loaded');
});
judgeEach(OPTION_JUDGES, 'enable', (run, found) => {
  if (hasOption(run.args, ['-f'])) found.add('library_loaded');
});
judgeEach(OPTION_JUDGES, 'sed', (run, found) => {
  if (/^(?:e|[0-9$]{0,6}e(?: .*)?)$/.test(firstOf(run.args, (arg) => arg.charAt(0) !== '-')))
    found.add('shell_escape');
});
judgeEach(OPTION_JUDGES, 'm4', (_run, found) => {
  if (found.runs.some((other) => other.program === 'echo' && /e?syscmd/.test(other.args.join(' '))))
    found.add('shell_escape');
});
