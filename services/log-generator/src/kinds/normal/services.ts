/** Mail, files, databases and tunnels, as their programs log them. */
import type { Kind } from '../kind.ts';
import { cron, ctime } from '../logs.ts';

export const SERVICES: readonly Kind[] = [
  {
    name: 'mail_clients',
    sentence: 'mail programs keep connections open and come back all day',
    happen(scene) {
      for (let client = 0; client < 20; client += 1) {
        const source = scene.stranger();
        const user = `${scene.user()}@example.org`;
        for (const atMs of scene.spread(40, scene.at(0), scene.at(24))) {
          scene.syslog({
            atMs,
            program: 'dovecot',
            file: 'mail.log',
            message: `imap-login: Login: user=<${user}>, method=PLAIN, rip=${source}, lip=${scene.hostAddress}, mpid=${scene.pid()}, TLS, session=<${scene.random.token(16)}>`,
          });
          scene.syslog({
            atMs: atMs + 1_200_000,
            program: 'dovecot',
            file: 'mail.log',
            message: `imap(${user})<${scene.pid()}><${scene.random.token(16)}>: Disconnected: Connection closed (IDLE running for 1200.000 + waiting input for 0.001 secs) in=120 out=2400`,
          });
        }
      }
    },
  },
  {
    name: 'telephone_with_an_old_password',
    sentence: 'the mail program of a telephone has an old password and tries it now and then',
    happen(scene) {
      const source = scene.stranger();
      for (let minute = 0; minute < 1440; minute += 40)
        scene.syslog({
          atMs: scene.at(0, minute, 10),
          program: 'dovecot',
          file: 'mail.log',
          message: `imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<ivo@example.org>, method=PLAIN, rip=${source}, lip=${scene.hostAddress}, TLS, session=<${scene.random.token(16)}>`,
        });
    },
  },
  {
    name: 'mail_delivery',
    sentence: 'a mail server takes mail and refuses what is for nobody',
    happen(scene) {
      for (const atMs of scene.spread(500, scene.at(0), scene.at(24))) {
        const source = scene.stranger();
        const pid = scene.pid();
        const says = (afterMs: number, message: string): void =>
          scene.syslog({
            atMs: atMs + afterMs,
            program: 'postfix/smtpd',
            pid,
            file: 'mail.log',
            message,
          });
        says(0, `connect from mx.example.net[${source}]`);
        if (scene.random.chance(0.1))
          says(
            300,
            `NOQUEUE: reject: RCPT from mx.example.net[${source}]: 550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in virtual mailbox table; from=<a@example.net> to=<nobody@example.org> proto=ESMTP helo=<mx.example.net>`,
          );
        says(
          700,
          `disconnect from mx.example.net[${source}] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7`,
        );
      }
    },
  },
  {
    name: 'file_transfers',
    sentence: 'cameras put their pictures by FTP',
    happen(scene) {
      for (let camera = 0; camera < 4; camera += 1) {
        const source = scene.stranger();
        for (let minute = 0; minute < 1440; minute += 10)
          scene.write(
            'vsftpd.log',
            scene.at(0, minute, camera),
            `${ctime(scene.at(0, minute, camera))} [pid ${scene.pid()}] [camera${camera}] OK LOGIN: Client "${source}"`,
          );
      }
    },
  },
  {
    name: 'databases',
    sentence: 'applications open and close connections to a database',
    happen(scene) {
      const source = scene.colleague();
      for (const atMs of scene.spread(400, scene.at(0), scene.at(24)))
        scene.syslog({
          atMs,
          program: 'postgres',
          pid: scene.pid(),
          file: 'syslog',
          message: `[${scene.random.int(1, 9)}-1] LOG:  connection authorized: user=shop database=shop application_name=web host=${source}`,
        });
    },
  },
  {
    name: 'tunnels',
    sentence: 'people come through a tunnel whose address changes',
    happen(scene) {
      for (const atMs of scene.spread(120, scene.at(6), scene.at(22)))
        scene.syslog({
          atMs,
          program: 'openvpn',
          pid: 812,
          file: 'syslog',
          message: `${scene.user()}/${scene.stranger()}:${scene.port()} peer info: IV_PLAT=linux`,
        });
    },
  },
  {
    name: 'own_scripts',
    sentence: 'scripts of the house run by cron, with pipes, curl and redirections',
    happen(scene) {
      const jobs = [
        '/usr/local/bin/report.sh > /dev/null 2>&1',
        'curl -s https://status.example.org/api/ping?host=web01',
        'cd /srv/app && /usr/bin/python3 manage.py clearsessions',
        'find /tmp -mtime +7 -type f -delete',
        '/usr/bin/flock -n /tmp/sync.lock rsync -a /srv/a/ /srv/b/',
        'df -h | mail -s disk root',
        'wget -q -O - https://www.example.org/wp-cron.php?doing_wp_cron > /dev/null',
      ];
      for (let minute = 0; minute < 1440; minute += 5)
        cron(scene, scene.at(0, minute, 2), 'app', scene.random.pick(jobs));
    },
  },
];
