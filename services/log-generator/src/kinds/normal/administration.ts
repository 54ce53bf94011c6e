/** What administrators do on Linux and on Windows, some of which attackers do too. */
import type { Kind } from '../kind.ts';
import { sshLogin, sudo, windowsLogon, windowsProcess } from '../logs.ts';

const DAILY = [
  '/usr/bin/apt-get update',
  '/usr/bin/apt-get install -y nginx',
  '/usr/bin/systemctl restart nginx',
  '/usr/bin/systemctl status ssh',
  '/usr/bin/journalctl -u ssh -n 200',
  '/usr/bin/tail -f /var/log/nginx/error.log',
  '/usr/bin/vim /etc/nginx/sites-enabled/shop.conf',
  '/usr/bin/less /var/log/auth.log',
  '/usr/bin/chmod 640 /etc/nginx/ssl/site.key',
  '/usr/bin/ss -tlnp',
  '/usr/sbin/ufw status verbose',
  '/usr/sbin/nginx -t',
  '/usr/bin/find /var/log -name *.gz -mtime +30',
  '/usr/bin/du -sh /var/lib/docker',
  '/usr/bin/crontab -l',
  '/usr/bin/kill -HUP 812',
  '/usr/bin/tcpdump -ni eth0 port 443 -c 50',
  '/usr/bin/nc -zv db01 5432',
  '/usr/bin/curl -fsS https://api.example.org/health',
  '/usr/bin/python3 /srv/app/manage.py migrate',
  '/usr/bin/awk {print $1} /var/log/nginx/access.log',
  '/usr/bin/base64 /etc/ssl/site.pem',
  '/usr/bin/ln -s /etc/nginx/sites-available/a /etc/nginx/sites-enabled/a',
  '/usr/sbin/iptables -L -n -v',
  '/usr/bin/mount /dev/sdb1 /mnt',
  '/usr/bin/perl -v',
  '/usr/bin/ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
];

export const ADMINISTRATION: readonly Kind[] = [
  {
    name: 'daily_administration',
    sentence: 'administrators look after their machines',
    happen(scene) {
      const admins = [scene.user(), scene.user(), scene.user()];
      for (const atMs of scene.spread(500, scene.at(7), scene.at(19)))
        sudo(scene, atMs, scene.random.pick(admins), scene.random.pick(DAILY));
    },
  },
  {
    name: 'software_from_the_web',
    sentence: 'an administrator installs software as its makers say: by curl and wget',
    happen(scene) {
      const user = scene.user();
      const commands = [
        '/usr/bin/curl -fsSL https://get.docker.com -o get-docker.sh',
        '/usr/bin/curl -fsSL https://download.docker.com/linux/debian/gpg -o /etc/apt/keyrings/docker.asc',
        '/usr/bin/wget https://releases.example.org/agent_2.1_amd64.deb -O /tmp/agent.deb',
        '/usr/bin/dpkg -i /tmp/agent.deb',
        '/bin/sh get-docker.sh',
        '/usr/bin/curl -L https://github.com/example/tool/releases/download/v1.2/tool-linux-amd64 -o /usr/local/bin/tool',
        '/usr/bin/chmod +x /usr/local/bin/tool',
        '/usr/bin/tar -xzf /tmp/tool.tgz -C /opt',
      ];
      for (const [index, command] of commands.entries())
        sudo(scene, scene.at(10, index * 3), user, command);
    },
  },
  {
    name: 'cloud_metadata',
    sentence: 'a machine of a cloud asks for its own description',
    happen(scene) {
      for (let hour = 0; hour < 24; hour += 1)
        sudo(
          scene,
          scene.at(hour, 3),
          'cloud',
          scene.random.pick([
            '/usr/bin/curl -s http://169.254.169.254/latest/meta-data/instance-id',
            '/usr/bin/curl -s -H Metadata-Flavor: Google http://169.254.169.254/computeMetadata/v1/instance/zone',
          ]),
        );
    },
  },
  {
    name: 'internal_transfers',
    sentence: 'files go by curl to and from machines of the own network',
    happen(scene) {
      const target = scene.colleague();
      for (const atMs of scene.spread(12, scene.at(8), scene.at(17)))
        sudo(
          scene,
          atMs,
          'ops',
          scene.random.pick([
            `/usr/bin/curl -T /srv/reports/today.csv http://${target}/upload/today.csv`,
            `/usr/bin/curl -fsSO http://${target}/packages/agent.deb`,
            `/usr/bin/wget -q http://${target}:8081/repository/raw/config.tgz`,
          ]),
        );
    },
  },
  {
    name: 'accounts_looked_up',
    sentence: 'an administrator looks whether an account has a password',
    happen(scene) {
      for (const atMs of scene.spread(8, scene.at(9), scene.at(16)))
        sudo(
          scene,
          atMs,
          'ops',
          scene.random.pick([
            '/usr/bin/grep alice /etc/shadow',
            '/usr/bin/getent passwd alice',
            '/usr/bin/chage -l alice',
            '/usr/bin/passwd -S alice',
            '/usr/bin/ls -l /etc/shadow',
          ]),
        );
    },
  },
  {
    name: 'accounts_backed_up',
    sentence: 'a nightly job copies the files of accounts, and /etc whole',
    happen(scene) {
      sudo(
        scene,
        scene.at(1, 10),
        'backup',
        '/usr/bin/cp -p /etc/passwd /etc/shadow /var/backups/',
      );
      sudo(scene, scene.at(1, 11), 'backup', '/usr/bin/tar -czf /srv/backup/etc.tgz /etc');
      sudo(scene, scene.at(1, 12), 'backup', '/usr/bin/cp /etc/gshadow /var/backups/gshadow.bak');
      sudo(scene, scene.at(1, 13), 'backup', '/usr/bin/rsync -a /etc/shadow /srv/backup/shadow');
    },
  },
  {
    name: 'timetable_edited',
    sentence: 'an administrator edits the timetable',
    happen(scene) {
      const user = scene.user();
      for (const hour of [10, 14]) {
        sudo(scene, scene.at(hour), user, '/usr/bin/crontab -e');
        scene.syslog({
          atMs: scene.at(hour, 0, 2),
          program: 'crontab',
          pid: scene.pid(),
          message: '(root) BEGIN EDIT (root)',
        });
        scene.syslog({
          atMs: scene.at(hour, 1),
          program: 'crontab',
          pid: scene.pid(),
          message: '(root) END EDIT (root)',
        });
      }
    },
  },
  {
    name: 'new_colleague',
    sentence: 'a colleague gets an account without any privilege',
    happen(scene) {
      const admin = scene.user();
      const fresh = scene.user();
      const says = (second: number, program: string, message: string): void =>
        scene.syslog({ atMs: scene.at(9, 30, second), program, pid: scene.pid(), message });
      sudo(scene, scene.at(9, 29), admin, `/usr/sbin/adduser ${fresh}`);
      says(0, 'groupadd', `new group: name=${fresh}, GID=1042`);
      says(
        1,
        'useradd',
        `new user: name=${fresh}, UID=1042, GID=1042, home=/home/${fresh}, shell=/bin/bash, from=/dev/pts/0`,
      );
      says(9, 'passwd', `pam_unix(passwd:chauthtok): password changed for ${fresh}`);
      says(14, 'chfn', `changed user '${fresh}' information`);
      sshLogin(scene, scene.at(10), { user: fresh, source: scene.colleague() }, 'password');
    },
  },
  {
    name: 'sudo_password_mistyped',
    sentence: 'people mistype the password that sudo asks for',
    happen(scene) {
      for (const atMs of scene.spread(10, scene.at(8), scene.at(18)))
        scene.syslog({
          atMs,
          program: 'sudo',
          message: `pam_unix(sudo:auth): authentication failure; logname=${scene.user()} uid=1004 euid=0 tty=/dev/pts/2 ruser=ada rhost=  user=ada`,
        });
    },
  },
  {
    name: 'service_accounts_by_su',
    sentence: 'root becomes the user of a service to look after it',
    happen(scene) {
      for (const atMs of scene.spread(30, scene.at(7), scene.at(19))) {
        const user = scene.random.pick(['postgres', 'www-data', 'gitea']);
        const pid = scene.pid();
        const says = (message: string): void => scene.syslog({ atMs, program: 'su', pid, message });
        says(`(to ${user}) root on pts/1`);
        says(`pam_unix(su-l:session): session opened for user ${user}(uid=118) by root(uid=0)`);
      }
    },
  },
  {
    name: 'windows_users',
    sentence: 'people log on to Windows in the morning, some mistype',
    happen(scene) {
      for (const atMs of scene.spread(120, scene.at(7, 30), scene.at(9, 30))) {
        const user = scene.user();
        const source = scene.colleague();
        if (scene.random.chance(0.2))
          windowsLogon(scene, atMs - 8000, { user, source, isSuccess: false });
        windowsLogon(scene, atMs, { user, source, isSuccess: true, type: '3' });
      }
    },
  },
  {
    name: 'windows_administration',
    sentence: 'administrators and their scripts work on a Windows server',
    happen(scene) {
      const commands = [
        'C:\\Windows\\System32\\net.exe user alice /domain',
        'C:\\Windows\\System32\\schtasks.exe /query',
        '"C:\\Program Files\\Git\\usr\\bin\\base64.exe" -d C:\\Temp\\cert.b64',
        'C:\\Python313\\python.exe -c "import sys; print(sys.version)"',
        'C:\\Windows\\System32\\curl.exe http://intranet.example.org/agent.ps1 -o C:\\Temp\\agent.ps1',
        'C:\\Windows\\System32\\cmd.exe /c curl http://10.0.0.8/health | find "ok"',
        'C:\\Tools\\nc.exe -l 9000',
        'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe -File C:\\Scripts\\inventory.ps1',
        'C:\\Windows\\System32\\icacls.exe D:\\Share /grant EXAMPLE\\staff:(OI)(CI)M',
        'C:\\Windows\\System32\\msiexec.exe /i agent.msi /qn',
      ];
      for (const atMs of scene.spread(120, scene.at(8), scene.at(18)))
        windowsProcess(scene, atMs, 'admin.ops', scene.random.pick(commands));
    },
  },
  {
    name: 'windows_services',
    sentence: 'services of Windows log on to start their work',
    happen(scene) {
      for (let minute = 0; minute < 1440; minute += 4)
        windowsLogon(scene, scene.at(0, minute), {
          user: 'SYSTEM',
          source: '-',
          isSuccess: true,
          type: '5',
        });
    },
  },
];
