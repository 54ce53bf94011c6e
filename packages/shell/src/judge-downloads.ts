/** What is fetched, what becomes of it, and what is sent away. */
import { around, behind, firstOf, judgeEach, judges, type Findings } from './findings.ts';
import { isInterpreter, readsItsScript } from './interpreters.ts';
import { baseName, startsWith, upTo, type Invocation } from './invocation.ts';
import { kindOfPath, pathIn } from './paths.ts';
import { SHELLS } from './expand.ts';
import { wordTable } from './word-table.ts';

export const DOWNLOAD_JUDGES = judges();

/** Publishers whose own instructions say `curl … | sh`: hosts, facts from their documentation. */
const INSTALLERS = wordTable(`
  get.docker.com test.docker.com get.k3s.io get.rke2.io get.helm.sh sh.rustup.rs static.rust-lang.org deb.nodesource.com
  rpm.nodesource.com fnm.vercel.app get.pnpm.io bun.sh deno.land install.python-poetry.org astral.sh pyenv.run get.sdkman.io
  tailscale.com get.volta.sh get.netdata.cloud my-netdata.io packages.gitlab.com repos.influxdata.com install.crowdsec.net
  download.newrelic.com install.datadoghq.com s3.amazonaws.com/dd-agent packagecloud.io starship.rs ollama.com get.acme.sh
  get.nextcloud.com install.meteor.com cli.github.com sdk.cloud.google.com aka.ms raw.githubusercontent.com/helm/helm
  raw.githubusercontent.com/nvm-sh/nvm raw.githubusercontent.com/creationix/nvm raw.github.com/creationix/nvm
  raw.github.com/homebrew/homebrew npmjs.com www.npmjs.com raw.githubusercontent.com/homebrew/install raw.githubusercontent.com/ohmyzsh/ohmyzsh`);

const TEMPORARY = /^(?:\/tmp\/|\/var\/tmp\/|\/dev\/shm\/)/;
/** Files that a package manager, an unpacker or a viewer takes: nothing that runs by itself. */
const HARMLESS_NAME =
  /\.(?:tar|tgz|t[bx]z2?|gz|xz|bz2|zst|zip|7z|deb|rpm|apk|snap|iso|img|qcow2|asc|sig|gpg|key|pub|pem|crt|sha\d{1,3}|md5|txt|json|ya?ml|xml|csv|tsv|html?|pdf|png|jpe?g|sql|log|conf|list|repo|vsix|whl|jar|war|xlsx?|docx?)$/i;
const ADDRESS = /^(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[0-9a-f:.]{2,45}\])$/i;
const OWN_ADDRESS =
  /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|10\.\d{1,3}\.\d{1,3}\.\d{1,3}|192\.168\.\d{1,3}\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])\.\d{1,3}\.\d{1,3}|169\.254\.\d{1,3}\.\d{1,3}|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d{1,3}\.\d{1,3}|\[::1\]|\[f[cde][0-9a-f]{0,2}:[0-9a-f:.]{0,45}\]|0\.0\.0\.0)$/i;
const INTERNAL_NAME =
  /(?:^[a-z0-9-]{1,63}$|\.(?:local|lan|internal|intern|intra|intranet|corp|home|localdomain|home\.arpa|svc|cluster\.local)$|^(?:intranet|internal|intern)\.)/i;
/** What package managers and health checks ask without encryption all day. */
const DAILY_HOST =
  /^(?:localhost|deb\.debian\.org|security\.debian\.org|ftp\.[a-z]{2}\.debian\.org|(?:[a-z]{2}\.)?archive\.ubuntu\.com|security\.ubuntu\.com|ports\.ubuntu\.com|mirrorlist\.centos\.org|dl\.rockylinux\.org|dl-cdn\.alpinelinux\.org|metadata\.google\.internal)$/i;
const SCRIPT_NAME = /\.(?:sh|py|pl|elf|bin|exe|ps1|out)$/i;

interface Address {
  readonly scheme: string;
  readonly host: string;
  /** Whether somebody's name stands before the host. */
  readonly hasUser: boolean;
  readonly path: string;
}

/** The addresses among the arguments, also without a scheme. */
function addressesOf(args: readonly string[]): readonly Address[] {
  const found: Address[] = [];
  for (let i = 0; i < args.length && found.length < 8; i++) {
    const before = i > 0 ? (args[i - 1] as string) : '';
    if (
      /^(?:-[oxXHAbdeuUTFmw]|--(?:output|header|proxy|user-agent|referer|cookie|data.*|user|output-document|request|max-time|proxy|socks4a?|socks5(?:-hostname)?|resolve|connect-to|interface|preproxy|write-out|url-query))$/.test(
        before,
      )
    )
      continue;
    const address = readAddress(args[i] as string);
    if (address !== undefined) found.push(address);
  }
  return found;
}

function readAddress(argument: string): Address | undefined {
  const whole =
    /^(?:--?[A-Za-z-]{1,30}=)?(?:([a-z]{2,9}):\/\/)?([^\s/@]{1,64}@)?(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})(?::[0-9]{1,5}|:\$\{?\w{1,40}\}?)?([/?#][^\s]*)?$/i.exec(
      argument.slice(0, 2400),
    );
  if (whole === null) return undefined;
  const host = (whole[3] as string).toLowerCase();
  const path = whole[4] === undefined ? '' : whole[4];
  if (whole[1] === undefined) {
    if (argument.charCodeAt(0) === 45) return undefined;
    const isName = /^[a-z0-9][a-z0-9.-]{0,200}\.[a-z]{2,10}$/.test(host) && path.length > 1;
    if (!isName && !ADDRESS.test(host)) return undefined;
  }
  return {
    scheme: whole[1] === undefined ? '' : whole[1].toLowerCase(),
    host: host,
    hasUser: whole[2] !== undefined,
    path: path,
  };
}

const pathOnly = (address: Address): string => upTo(upTo(address.path, '?'), '#');

function isInternal(address: Address): boolean {
  return (OWN_ADDRESS.test(address.host) || INTERNAL_NAME.test(address.host)) && !address.hasUser;
}

function isInstaller(address: Address): boolean {
  if (address.scheme !== 'https' || address.hasUser) return false;
  if (INSTALLERS[address.host] === true) return true;
  const parts = address.path.toLowerCase().split('/');
  return INSTALLERS[[address.host].concat(parts.slice(1, 3)).join('/')] === true;
}

judgeEach(
  DOWNLOAD_JUDGES,
  'curl wget fetch aria2c axel lwp-download lwp-request http https wget2',
  (run, found) => {
    const addresses = addressesOf(run.args);
    if (isRun(run, found)) {
      found.add(
        addresses.length > 0 && addresses.every(isInstaller)
          ? 'known_installer'
          : 'download_and_run',
      );
      return;
    }
    if (judgeUpload(run, addresses, found)) return;
    judgeFileAddress(run, found);
    if (
      run.program !== 'curl' &&
      run.program !== 'wget' &&
      run.program !== 'wget2' &&
      run.program !== 'lwp-download'
    )
      return;
    if (
      addresses.some(
        (address) =>
          address.host === '169.254.169.254' &&
          /security-credentials\/.|\/token/.test(address.path) &&
          /credentials\/./.test(address.path),
      )
    )
      found.add('credential_read');
    const target = targetOf(run);
    const isLeft = target !== undefined && TEMPORARY.test(target);
    let risky = false;
    let plain = false;
    for (let i = 0; i < addresses.length; i++) {
      const address = addresses[i] as Address;
      const path = pathOnly(address);
      const isOwn = isInternal(address);
      if (ADDRESS.test(address.host) && !isOwn) risky = true;
      if (address.scheme === 'http' && SCRIPT_NAME.test(path) && !isOwn) risky = true;
      if (
        isLeft &&
        !(
          HARMLESS_NAME.test(target) &&
          (address.scheme === 'https' || isOwn || DAILY_HOST.test(address.host))
        )
      )
        risky = true;
      const name = baseName(path);
      const isHarmless = name === '' || HARMLESS_NAME.test(name);
      if (
        address.scheme !== 'https' &&
        !isOwn &&
        !isHarmless &&
        !(DAILY_HOST.test(address.host) && !address.hasUser)
      )
        plain = true;
    }
    if (risky) found.add('risky_download');
    else if (plain) found.add('plain_download');
  },
);

/** Whether what is fetched is run: by a pipe, as the text of a shell, or from the file it was put into. */
function isRun(run: Invocation, found: Findings): boolean {
  if (behind(run, found.runs).some(readsItsScript)) return true;
  const outer = around(run, found.runs);
  if (
    outer.some(
      (other) =>
        isInterpreter(other.program) ||
        other.program === 'eval' ||
        other.program === 'source' ||
        other.program === '.',
    )
  )
    return true;
  const target = targetOf(run);
  if (target === undefined || target === '-' || target.charAt(0) === '-') return false;
  const name = target.replace(/^\.\//, '');
  const at = found.runs.indexOf(run);
  return found.runs.some((other, i) => i > at && runsFile(other, name));
}

function runsFile(run: Invocation, name: string): boolean {
  const same = (text: string): boolean => text.replace(/^\.\//, '') === name;
  if (same(run.path)) return true;
  if (run.program === 'chmod')
    return (
      run.args.length > 1 &&
      same(run.args[run.args.length - 1] as string) &&
      /\+x|7/.test(run.args[0] as string)
    );
  return (
    (isInterpreter(run.program) || run.program === '.' || run.program === 'source') &&
    run.args.some(same)
  );
}

/** The file a download is written to: of an option, of `>`, or the last part of the address. */
function targetOf(run: Invocation): string | undefined {
  for (let i = 0; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    const long =
      /^--(?:output|output-document|output-dir|directory-prefix|dir|out)(?:=(.*))?$/.exec(arg);
    if (long !== null) return long[1] === undefined ? run.args[i + 1] : long[1];
    const isWget = run.program !== 'curl';
    const short = isWget
      ? /^-[a-zNqcxS]{0,6}[OP](.*)$/.exec(arg)
      : /^-[A-NP-Za-np-z#]{0,8}o(.*)$/.exec(arg);
    if (short !== null && arg.charCodeAt(1) !== 45) {
      const value = short[1] === '' ? run.args[i + 1] : (short[1] as string);
      const isFolder = isWget && value !== undefined && /^-[a-zNqcxS]{0,6}P/.test(arg);
      return isFolder ? `${value}/${nameAtServer(run)}` : value;
    }
  }
  for (let i = 0; i < run.command.redirections.length; i++) {
    const redirection = run.command.redirections[i] as { operator: string; target: string };
    if (redirection.operator === '>' || redirection.operator === '>>') return redirection.target;
  }
  if (
    run.program !== 'curl' ||
    run.args.some((arg) => /^-[a-zA-Z]{0,6}O$|^--remote-name/.test(arg))
  ) {
    const last = nameAtServer(run);
    if (last !== '') return last;
    const plain = firstOf(run.args, (arg) => TEMPORARY.test(arg));
    if (plain !== '') return plain;
  }
  return undefined;
}

/** The last part of the first address. */
function nameAtServer(run: Invocation): string {
  const first = addressesOf(run.args)[0];
  return first === undefined ? '' : baseName(pathOnly(first));
}

const SENDS_FILE =
  /^(?:-T|--upload-file|--post-file|--body-file|-F|--form|-d|--data|--data-binary|--data-raw|--data-urlencode|--data-ascii)(?:=|$)/;

/** True when a file is sent away; where it goes says how it is told. */
function judgeUpload(run: Invocation, addresses: readonly Address[], found: Findings): boolean {
  for (let i = 0; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    const grown = /^-[TFd]./.test(arg) && arg.charCodeAt(1) !== 45;
    if (!grown && !SENDS_FILE.test(arg)) continue;
    const option = grown ? arg.slice(0, 2) : upTo(arg, '=');
    const value = grown
      ? arg.slice(2)
      : arg.indexOf('=') > 0
        ? arg.slice(arg.indexOf('=') + 1)
        : run.args[i + 1] || '';
    if (
      option !== '-T' &&
      !/(?:upload|post|body)-file$/.test(option) &&
      !/^[^@]{0,80}@/.test(value) &&
      !/\$\(/.test(value)
    )
      continue;
    if (/^(?:-d|--data)/.test(option) && value.charAt(0) !== '@' && !/\$\(\s?cat /.test(value))
      continue;
    const kind = kindOfPath(pathIn(value.replace(/^[^@]{0,80}@/, '')));
    const isSensitive =
      kind === 'hashes' ||
      kind === 'accounts' ||
      kind === 'private_key' ||
      kind === 'credential' ||
      kind === 'history' ||
      kind === 'memory' ||
      kind === 'log';
    if (isSensitive) found.add('data_sent');
    else if (!addresses.some(isInternal)) found.add('upload');
    return isSensitive || !addresses.some((address) => address.scheme === 'http');
  }
  return false;
}

/** `file://…`: a client for the network that reads files. */
function judgeFileAddress(run: Invocation, found: Findings): void {
  if (run.args.some((arg) => arg.lastIndexOf('file:///', 0) === 0))
    found.add(targetOf(run) === undefined ? 'read_by_detour' : 'written_by_detour');
  if (
    run.args.some(
      (arg) => arg.lastIndexOf('gopher://', 0) === 0 || arg.lastIndexOf('telnet://', 0) === 0,
    )
  )
    found.add('network_socket');
}

judgeEach(DOWNLOAD_JUDGES, 'yum dnf zypper rpm', (run, found) => {
  if (run.args.some((arg) => startsWith(arg, 'http://'))) found.add('plain_download');
});

judgeEach(DOWNLOAD_JUDGES, 'tftp', (run, found) => {
  if (
    run.args.some((arg) => arg === 'get' || arg === 'put') ||
    (run.args.length === 1 &&
      SHELLS[run.args[0] as string] !== true &&
      found.runs.some((other) => other.program === 'get' || other.program === 'put'))
  )
    found.add('plain_download');
});
