/** Timetables, services, accounts, the kernel; protection, logs and history; containers, miners, tools. */
import {
  before,
  hasLetter,
  hasOption,
  judgeEach,
  judges,
  operands,
  valueOf,
  type Findings,
} from './findings.ts';
import { upTo, type Invocation } from './invocation.ts';
import { kindOfPath, pathIn } from './paths.ts';
import { wordTable } from './word-table.ts';

export const SYSTEM_JUDGES = judges();

judgeEach(SYSTEM_JUDGES, 'crontab', (run, found) => {
  const rest: string[] = [];
  for (let i = 0; i < run.args.length; i++)
    if (run.args[i] === '-u') i++;
    else rest.push(run.args[i] as string);
  if (rest.some((arg) => /^-[a-z]{0,2}e$/.test(arg))) found.add('timetable_edited');
  else if (
    rest.some((arg) => arg === '-' || arg.charCodeAt(0) !== 45) ||
    (rest.length === 0 && isFed(run, found))
  )
    found.add(isRewritten(run, found) ? 'timetable_rewritten' : 'timetable_changed');
});

function isFed(run: Invocation, found: Findings): boolean {
  return (
    before(run, found.runs).length > 0 ||
    run.command.redirections.some(({ operator }) => operator.charAt(0) === '<')
  );
}

/** `crontab -l | sed … | crontab -`: the table that is there goes through an editor for streams, nothing is added. */
function isRewritten(run: Invocation, found: Findings): boolean {
  const earlier = before(run, found.runs);
  return (
    earlier.length > 1 &&
    (earlier[0] as Invocation).program === 'crontab' &&
    earlier.every(
      (other, i) => i === 0 || /^(?:sed|grep|egrep|fgrep|awk|tr|sort|uniq)$/.test(other.program),
    )
  );
}

judgeEach(SYSTEM_JUDGES, 'at batch', (run, found) => {
  if (run.args.indexOf('now') >= 0 && (isFed(run, found) || hasOption(run.args, ['-f'])))
    found.add('job_scheduled');
});

judgeEach(SYSTEM_JUDGES, 'systemd-run', (run, found) => {
  if (run.args.some((arg) => /^--on-(?:calendar|active|boot|startup|unit)/.test(arg)))
    found.add('job_scheduled');
  else if (hasOption(run.args, ['-S', '--shell'])) found.add('shell_escape');
});

/** Services that watch or log, and those that let nobody in. */
const PROTECTION = wordTable(`
  auditd rsyslog syslog syslogd syslog-ng systemd-journald firewalld ufw iptables ip6tables nftables fail2ban apparmor sshguard
  crowdsec clamav-daemon clamav-freshclam clamd wazuh-agent ossec ossec-hids osqueryd falcon-sensor mdatp cbdaemon cbagentd
  sysmon auditbeat filebeat packetbeat elastic-agent elastic-endpoint aide snort suricata falco rkhunter pf esmc eraagent
  sentinelone sentinelagent ds_agent sophos-spl savd avast tripwire samhain mini-soc`);

const isProtection = (name: string): boolean =>
  PROTECTION[name.replace(/\.(?:service|socket)$/, '').toLowerCase()] === true;

judgeEach(SYSTEM_JUDGES, 'systemctl', (run, found) => {
  const names = operands(run.args);
  const verb = names[0];
  if (verb !== undefined && /^(?:stop|disable|mask|kill)$/.test(verb) && names.some(isProtection))
    found.add('protection_off');
  if (
    verb !== undefined &&
    /^(?:enable|link|start)$/.test(verb) &&
    names.some((name) => /^(?:hidden|temporary)$/.test(kindOfPath(pathIn(name)) || ''))
  )
    found.add('service_written');
});

judgeEach(SYSTEM_JUDGES, 'service rc-service invoke-rc.d', (run, found) => {
  if (isProtection(run.args[0] || '') && /^(?:stop|disable|onestop)$/.test(run.args[1] || ''))
    found.add('protection_off');
  if (/\.\.\//.test(run.args[0] || '')) found.add('shell_escape');
});

judgeEach(SYSTEM_JUDGES, 'chkconfig update-rc.d rc-update sysrc', (run, found) => {
  if (
    run.args.some((arg) => isProtection(upTo(arg, '_enable='))) &&
    run.args.some((arg) => /^(?:off|disable|remove|del|--del)$|=.?no/i.test(arg))
  )
    found.add('protection_off');
});

judgeEach(SYSTEM_JUDGES, 'pkill killall', (run, found) => {
  if (operands(run.args).some(isProtection)) found.add('protection_off');
});

judgeEach(SYSTEM_JUDGES, 'apt apt-get yum dnf dpkg rpm zypper pacman', (run, found) => {
  if (
    run.args.some((arg) => /^(?:remove|purge|autoremove|erase|-e|-r|-P|-R|-Rns)$/.test(arg)) &&
    run.args.some(isProtection)
  )
    found.add('protection_off');
  if (
    run.args.some(
      (arg) => /(?:pre|post)-invoke|changelogs::|dpkg::options/i.test(arg) && /invoke/i.test(arg),
    )
  )
    found.add('program_escape');
});

judgeEach(SYSTEM_JUDGES, 'ufw', (run, found) => {
  if (hasOption(run.args, ['--dry-run'])) return;
  const words = operands(run.args).join(' ');
  if (/^(?:disable|reset|logging off|default allow(?: incoming)?)$/.test(words))
    found.add('protection_off');
});

judgeEach(SYSTEM_JUDGES, 'iptables ip6tables ebtables', (run, found) => {
  const isRestored =
    found.runs.length > 3 && found.runs.filter(({ program }) => program === run.program).length > 3;
  if (isRestored) return;
  if (
    hasOption(run.args, ['-F', '--flush', '-X']) &&
    valueOf(run.args, ['-t', '--table']) !== 'nat'
  )
    found.add('protection_off');
  if (hasOption(run.args, ['-D']) && run.args.indexOf('DROP') >= 0) found.add('protection_off');
  if (
    hasOption(run.args, ['-P']) &&
    run.args.indexOf('INPUT') >= 0 &&
    run.args.indexOf('ACCEPT') >= 0
  )
    found.add('protection_off');
});

judgeEach(SYSTEM_JUDGES, 'nft', (run, found) => {
  if (run.args[0] === 'flush' && run.args[1] === 'ruleset' && found.runs.length < 3)
    found.add('protection_off');
});

judgeEach(SYSTEM_JUDGES, 'setenforce', (run, found) => {
  if (/^(?:0|permissive)$/i.test(run.args[0] || '')) found.add('protection_off');
});
judgeEach(SYSTEM_JUDGES, 'aa-teardown', (run, found) => {
  if (run.args.length === 0) found.add('protection_off');
});
judgeEach(SYSTEM_JUDGES, 'auditctl', (run, found) => {
  if (hasOption(run.args, ['-D']) || valueOf(run.args, ['-e']) === '0') found.add('protection_off');
});
judgeEach(SYSTEM_JUDGES, 'mdatp', (run, found) => {
  if (/disabled|exclusion add|passive/.test(run.args.join(' '))) found.add('protection_off');
});
judgeEach(SYSTEM_JUDGES, 'pfctl', (run, found) => {
  if (hasLetter(run.args, 'd')) found.add('protection_off');
});

judgeEach(SYSTEM_JUDGES, 'sysctl', (run, found) => {
  const text = run.args.join(' ');
  if (/core_pattern\s?=\s?["']?\|/.test(text)) found.add('program_escape');
  else if (
    /randomize_va_space\s?=\s?0|yama\.ptrace_scope\s?=\s?0|kptr_restrict\s?=\s?0|modules_disabled\s?=\s?0|sysrq\s?=\s?1/.test(
      text,
    )
  )
    found.add('kernel_setting');
  else if (/\.\.\//.test(text)) found.add('read_by_detour');
});

judgeEach(SYSTEM_JUDGES, 'journalctl', (run, found) => {
  const limit = valueOf(run.args, ['--vacuum-time', '--vacuum-size', '--vacuum-files']);
  if (limit !== undefined && /^[01](?:s|ms|m|k|b|)?$/i.test(limit)) found.add('log_removed');
});

judgeEach(SYSTEM_JUDGES, 'history', (run, found) => {
  if (hasLetter(run.args, 'c')) found.add('history_cleared');
});
judgeEach(SYSTEM_JUDGES, 'set', (run, found) => {
  if (run.args[0] === '+o' && run.args[1] === 'history') found.add('history_cleared');
  // Tcl: a variable that is a connection.
  if (run.args[1] === '[socket') found.add('reverse_shell');
});
judgeEach(SYSTEM_JUDGES, 'unset', (run, found) => {
  if (run.args.some((arg) => /^HIST(?:FILE|SIZE|FILESIZE)$/.test(arg)))
    found.add('history_cleared');
});

judgeEach(SYSTEM_JUDGES, 'setcap', (run, found) => {
  if (
    /cap_(?:setuid|setgid|setfcap|dac_override|dac_read_search|sys_admin|sys_ptrace|sys_module|sys_rawio|chown|fowner|all)\b|(?:^|\s)=\+?e?i?p|all[+=]/.test(
      run.args.join(' '),
    ) &&
    !hasOption(run.args, ['-r'])
  )
    found.add('capability_set');
});

judgeEach(SYSTEM_JUDGES, 'insmod', (run, found) => {
  if (run.args.length > 0) found.add('module_loaded');
});
/** Modules of the kernel that hide something; names their authors published. */
const HIDING_MODULES = wordTable(
  'diamorphine reptile suterusu rootkit rooty adore adore-ng knark enyelkm kbeast azazel puszek lkm_rootkit',
);
judgeEach(SYSTEM_JUDGES, 'modprobe', (run, found) => {
  const names = operands(run.args);
  if (names.some((name) => HIDING_MODULES[name.toLowerCase()] === true || name.indexOf('/') >= 0))
    found.add('module_loaded');
});

judgeEach(SYSTEM_JUDGES, 'gcore', (run, found) => {
  if (run.args.length > 0) found.add('memory_read');
});
judgeEach(SYSTEM_JUDGES, 'dd', (run, found) => {
  if (run.args.some((arg) => /^of=\/dev\/(?:mem|kmem)/.test(arg))) found.add('memory_read');
});

judgeEach(SYSTEM_JUDGES, 'useradd adduser usermod', (run, found) => {
  const id = valueOf(run.args, ['-u', '--uid']);
  if (id === '0' || (hasOption(run.args, ['-o', '--non-unique']) && id === '0'))
    found.add('accounts_written');
});
/** A password that comes out of a pipe. */
judgeEach(SYSTEM_JUDGES, 'passwd', (run, found) => {
  if (before(run, found.runs).length > 0) found.add('accounts_written');
});
judgeEach(SYSTEM_JUDGES, 'pw', (run, found) => {
  if (valueOf(run.args, ['-u']) === '0') found.add('accounts_written');
});

judgeEach(SYSTEM_JUDGES, 'update-alternatives', (run, found) => {
  if (hasOption(run.args, ['--force']) && hasOption(run.args, ['--install']))
    found.add('written_by_detour');
});

/** Roots of the machine among the folders that a container is given. */
const ROOT_MOUNT = /^(?:\/:\/[^:]*|\/etc:[^:]*|\/root:[^:]*|\/proc:[^:]*|\/var\/run:[^:]*)$/;
const STRONG =
  /^(?:all|sys_admin|sys_ptrace|sys_module|dac_read_search|dac_override|sys_rawio|cap_sys_admin)$/i;

judgeEach(SYSTEM_JUDGES, 'docker podman nerdctl ctr', (run, found) => {
  if (!run.args.some((arg) => arg === 'run' || arg === 'create')) return;
  for (let i = 0; i < run.args.length; i++) {
    const option = run.args[i] as string;
    const value =
      option.indexOf('=') > 0 ? option.slice(option.indexOf('=') + 1) : run.args[i + 1] || '';
    const name = upTo(option, '=');
    // Read only is what monitors have.
    if (/^(?:-v|--volume)$/.test(name) && ROOT_MOUNT.test(value)) found.add('container_escape');
    if (
      name === '--mount' &&
      /(?:source|src)=\/(?:,|$)/.test(value) &&
      !/readonly|ro(?:,|$)/.test(value.replace('rbind', ''))
    )
      found.add('container_escape');
    if (name === '--cap-add' && STRONG.test(value)) found.add('container_escape');
    if (/^(?:--pid|--userns|--ipc)$/.test(name) && value === 'host') found.add('container_escape');
    if (option === '--security-opt' && /unconfined/.test(value)) found.add('container_escape');
    if (name === '--device' && /^\/dev\/(?:sd|nvme|vd|xvd|mem)/.test(value))
      found.add('container_escape');
    if (
      option === '--privileged' &&
      !run.args.some((arg) => /binfmt|dind|cadvisor|buildkit|registry|k3s|kind/.test(arg))
    )
      found.add('container_escape');
  }
});

judgeEach(SYSTEM_JUDGES, 'lxc incus', (run, found) => {
  const text = run.args.join(' ');
  if (/security\.privileged=true|device add .{0,200}source=\/(?:\s|$)/.test(text))
    found.add('container_escape');
});

judgeEach(SYSTEM_JUDGES, 'kubectl', (run, found) => {
  if (/"?hostPID"?:\s?true|"?privileged"?:\s?true|hostPath/.test(run.args.join(' ')))
    found.add('container_escape');
});

judgeEach(SYSTEM_JUDGES, 'nsenter', (run, found) => {
  if (valueOf(run.args, ['-t', '--target']) === '1') found.add('container_escape');
});

judgeEach(
  SYSTEM_JUDGES,
  'xmrig xmr-stak minerd cpuminer cgminer bfgminer ccminer ethminer lolminer nbminer t-rex phoenixminer gminer teamredminer srbminer-multi cpuminer-multi kinsing kdevtmpfsi xmrigcc',
  (_run, found) => found.add('miner'),
);

/** Tools that look for ways to become root, or take passwords from memory. */
judgeEach(
  SYSTEM_JUDGES,
  'linpeas linpeas.sh linenum.sh lse.sh pspy pspy64 pspy32 mimipenguin mimipenguin.sh lazagne lazagne.py linux-exploit-suggester.sh les.sh deepce.sh traitor traitor-amd64 unix-privesc-check swapdigger.sh 3snake',
  (_run, found) => found.add('attack_tool'),
);
