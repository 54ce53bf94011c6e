/** Machines that log in and run commands, thousands of times a day. */
import type { Kind } from '../kind.ts';
import { cron, sshd, sshFailure, sshLogin, sshLogout, sudo } from '../logs.ts';

const MODULES = ['apt', 'command', 'copy', 'file', 'service', 'setup', 'stat', 'systemd', 'user'];

export const AUTOMATION: readonly Kind[] = [
  {
    name: 'ci_runners',
    sentence: 'runners of a build server log in thousands of times',
    happen(scene) {
      const runners = Array.from({ length: 6 }, () => scene.stranger());
      for (const atMs of scene.spread(2200, scene.at(0), scene.at(24))) {
        const peer = { user: 'ci', source: scene.random.pick(runners) };
        sshLogin(scene, atMs, peer);
        sshLogout(scene, atMs + scene.random.int(2000, 90_000), peer);
      }
    },
  },
  {
    name: 'backup_by_rsync',
    sentence: 'a backup server fetches every folder at night, with rsync and sudo',
    happen(scene) {
      const peer = { user: 'backup', source: scene.colleague() };
      for (let round = 0; round < 120; round += 1) {
        const atMs = scene.at(1, round * 2);
        sshLogin(scene, atMs, peer);
        sudo(
          scene,
          atMs + 300,
          'backup',
          `/usr/bin/rsync --server --sender -logDtpre.iLsfxCIvu --numeric-ids . ${scene.random.pick(['/etc/', '/home/', '/srv/www/', '/var/lib/mysql/', '/root/'])}`,
        );
        sshLogout(scene, atMs + 50_000, peer);
      }
    },
  },
  {
    name: 'ansible_classic',
    sentence: 'ansible copies a module to the machine and runs it by sudo',
    happen(scene) {
      const peer = { user: 'deploy', source: scene.colleague() };
      for (const atMs of scene.spread(300, scene.at(9), scene.at(11))) {
        const id = `${(atMs / 1000).toFixed(4)}-${scene.random.int(1000, 99_999)}-${scene.random.int(10 ** 12, 10 ** 14)}`;
        sshLogin(scene, atMs, peer);
        sudo(
          scene,
          atMs + 200,
          'deploy',
          `/bin/sh -c echo BECOME-SUCCESS-${scene.random.token(32)} ; /usr/bin/python3 /home/deploy/.ansible/tmp/ansible-tmp-${id}/AnsiballZ_${scene.random.pick(MODULES)}.py`,
        );
      }
    },
  },
  {
    name: 'ansible_pipelined',
    sentence: 'ansible sends its module through the pipe to a python that sudo starts',
    happen(scene) {
      for (const atMs of scene.spread(400, scene.at(12), scene.at(14)))
        sudo(
          scene,
          atMs,
          'deploy',
          `/bin/sh -c echo BECOME-SUCCESS-${scene.random.token(32)} ; /usr/bin/python3`,
        );
    },
  },
  {
    name: 'mitogen',
    sentence: 'mitogen starts its python by sudo with a text that unpacks itself',
    happen(scene) {
      for (const atMs of scene.spread(24, scene.at(15), scene.at(16)))
        sudo(
          scene,
          atMs,
          'deploy',
          `/usr/bin/python3 -c import codecs,os,sys;_=codecs.decode;exec(_(_("${scene.random.token(180)}".encode(),"base64"),"zip"))`,
        );
    },
  },
  {
    name: 'ssh_monitoring',
    sentence: 'two monitoring servers look every minute whether ssh answers, and log in for checks',
    happen(scene) {
      const inner = scene.colleague();
      const outer = scene.stranger();
      for (let minute = 0; minute < 1440; minute += 2) {
        for (const source of [inner, outer])
          sshd(
            scene,
            scene.at(0, minute, source === inner ? 5 : 25),
            `Connection closed by ${source} port ${scene.port()} [preauth]`,
          );
        if (minute % 10 === 0)
          sshLogin(scene, scene.at(0, minute, 40), { user: 'nagios', source: inner });
      }
    },
  },
  {
    name: 'job_with_an_old_password',
    sentence: 'a job whose password was changed goes on trying, twice every quarter of an hour',
    happen(scene) {
      const peer = { user: 'reports', source: scene.colleague() };
      for (let minute = 0; minute < 1440; minute += 15) {
        sshFailure(scene, scene.at(0, minute, 1), peer);
        sshFailure(scene, scene.at(0, minute, 8), peer);
      }
    },
  },
  {
    name: 'deploy_by_rsync',
    sentence: 'a pipeline brings a new version by rsync and restarts the service',
    happen(scene) {
      const peer = { user: 'deploy', source: scene.stranger() };
      for (const atMs of scene.spread(25, scene.at(9), scene.at(18))) {
        for (let step = 0; step < 4; step += 1) sshLogin(scene, atMs + step * 3000, peer);
        sudo(scene, atMs + 13_000, 'deploy', '/usr/bin/systemctl restart app.service');
        sudo(
          scene,
          atMs + 14_000,
          'deploy',
          '/usr/bin/rsync -a --delete /home/deploy/release/ /srv/app/',
        );
        sudo(scene, atMs + 15_000, 'deploy', '/usr/bin/chown -R app:app /srv/app');
      }
    },
  },
  {
    name: 'unattended_upgrades',
    sentence: 'the machine brings itself up to date and restarts its services',
    happen(scene) {
      const atMs = scene.at(6, 20);
      cron(
        scene,
        atMs,
        'root',
        'test -x /usr/bin/apt-get && /usr/lib/apt/apt.systemd.daily update',
      );
      for (let index = 0; index < 40; index += 1)
        scene.syslog({
          atMs: atMs + index * 9000,
          program: 'systemd',
          pid: 1,
          file: 'syslog',
          message: scene.random.pick([
            'Reloading.',
            'Stopping ssh.service - OpenBSD Secure Shell server...',
            'Started ssh.service - OpenBSD Secure Shell server.',
            'Starting apt-daily-upgrade.service - Daily apt upgrade and clean activities...',
          ]),
        });
      sshd(scene, atMs + 300_000, 'Received signal 15; terminating.');
      sshd(scene, atMs + 301_000, 'Server listening on 0.0.0.0 port 22.');
    },
  },
  {
    name: 'cron_and_logrotate',
    sentence: 'cron runs what it runs on every machine',
    happen(scene) {
      for (let minute = 0; minute < 1440; minute += 5) {
        const atMs = scene.at(0, minute, 1);
        scene.syslog({
          atMs,
          program: 'CRON',
          pid: scene.pid(),
          message: 'pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)',
        });
        cron(
          scene,
          atMs + 10,
          'root',
          minute % 60 === 0
            ? '   cd / && run-parts --report /etc/cron.hourly'
            : 'command -v debian-sa1 > /dev/null && debian-sa1 1 1',
        );
        if (minute % 30 === 0)
          cron(scene, atMs + 20, 'www-data', 'php -f /srv/www/nextcloud/cron.php');
      }
      cron(
        scene,
        scene.at(6, 25),
        'root',
        'test -x /usr/sbin/anacron || run-parts /etc/cron.daily',
      );
      cron(scene, scene.at(6, 30), 'root', '/usr/sbin/logrotate /etc/logrotate.conf');
      cron(
        scene,
        scene.at(6, 35),
        'root',
        'curl -fsS --retry 3 https://hc.example.org/ping/nightly',
      );
    },
  },
  {
    name: 'certificate_renewal',
    sentence: 'cron renews certificates and reloads the web server',
    happen(scene) {
      for (const hour of [0, 12]) {
        const atMs = scene.at(hour, 17);
        cron(
          scene,
          atMs,
          'root',
          'test -x /usr/bin/certbot && perl -e "sleep int(rand(43200))" && certbot -q renew',
        );
        sudo(scene, atMs + 90_000, 'acme', '/usr/bin/systemctl reload nginx');
        sudo(
          scene,
          atMs + 91_000,
          'acme',
          '/usr/bin/openssl x509 -in /etc/ssl/site.pem -noout -dates',
        );
      }
    },
  },
  {
    name: 'database_dumps',
    sentence: 'databases are dumped, packed and copied to another machine',
    happen(scene) {
      for (let hour = 0; hour < 24; hour += 1) {
        const atMs = scene.at(hour, 40);
        cron(scene, atMs, 'postgres', 'pg_dump -Fc shop > /var/backups/shop.dump');
        cron(
          scene,
          atMs + 60_000,
          'root',
          'mysqldump --single-transaction shop | gzip > /var/backups/shop.sql.gz',
        );
        sudo(
          scene,
          atMs + 70_000,
          'dba',
          '/usr/bin/rsync -a /var/backups/ store.example.org:/backups/',
        );
        sudo(scene, atMs + 75_000, 'dba', '/usr/bin/find /var/backups -mtime +7 -delete');
      }
    },
  },
  {
    name: 'containers',
    sentence: 'containers are built, started, looked into and removed',
    happen(scene) {
      const commands = [
        '/usr/bin/docker ps -a',
        '/usr/bin/docker compose up -d',
        '/usr/bin/docker logs --tail 100 shop-web-1',
        '/usr/bin/docker exec -it shop-db-1 psql -U shop',
        '/usr/bin/docker run --rm -v /srv/data:/data alpine:3.22 ls /data',
        '/usr/bin/docker build -t registry.example.org/shop:latest .',
        '/usr/bin/docker system prune -f',
        '/usr/bin/docker pull registry.example.org/shop:latest',
      ];
      for (const atMs of scene.spread(150, scene.at(8), scene.at(19)))
        sudo(scene, atMs, 'dev', scene.random.pick(commands));
    },
  },
];
