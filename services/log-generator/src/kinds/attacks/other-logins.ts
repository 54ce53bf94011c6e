/** Guessing at what is not ssh: Windows, mail, files, databases. */
import type { Kind } from '../kind.ts';
import { ctime, windowsLogon } from '../logs.ts';

export const OTHER_LOGINS: readonly Kind[] = [
  {
    name: 'windows_guessing',
    sentence: 'one address guesses the password of the administrator of a Windows server',
    happen(scene) {
      const source = scene.stranger();
      for (let time = 0; time < 200; time += 1)
        windowsLogon(scene, scene.at(2) + time * 2000, {
          user: 'administrator',
          source,
          isSuccess: false,
        });
    },
  },
  {
    name: 'windows_spraying',
    sentence: 'one address tries one password on many accounts of Windows',
    happen(scene) {
      const source = scene.stranger();
      for (let time = 0; time < 60; time += 1)
        windowsLogon(scene, scene.at(4) + time * 5000, {
          user: scene.user(),
          source,
          isSuccess: false,
        });
    },
  },
  {
    name: 'windows_guessed',
    sentence: 'one address guesses the password of a Windows account and gets in',
    happen(scene) {
      const source = scene.stranger();
      const user = scene.user();
      for (let time = 0; time < 60; time += 1)
        windowsLogon(scene, scene.at(5) + time * 3000, { user, source, isSuccess: false });
      scene.crucially(() =>
        windowsLogon(scene, scene.at(5, 4), { user, source, isSuccess: true, type: '10' }),
      );
    },
  },
  {
    name: 'ftp_guessing',
    sentence: 'one address guesses at an FTP server',
    happen(scene) {
      const source = scene.stranger();
      for (let time = 0; time < 60; time += 1) {
        const atMs = scene.at(6) + time * 4000;
        scene.write(
          'vsftpd.log',
          atMs,
          `${ctime(atMs)} [pid ${scene.pid()}] [${scene.random.pick(['admin', 'ftp', 'www'])}] FAIL LOGIN: Client "${source}"`,
        );
      }
    },
  },
  {
    name: 'mail_guessing',
    sentence: 'one address guesses passwords of mailboxes, by IMAP and SMTP',
    happen(scene) {
      const source = scene.stranger();
      for (let time = 0; time < 60; time += 1) {
        const atMs = scene.at(7) + time * 6000;
        const isImap = time % 2 === 0;
        scene.syslog({
          atMs,
          program: isImap ? 'dovecot' : 'postfix/smtpd',
          file: 'mail.log',
          ...(isImap ? {} : { pid: scene.pid() }),
          message: isImap
            ? `imap-login: Disconnected: Connection closed (auth failed, 3 attempts in 9 secs): user=<info@example.org>, method=PLAIN, rip=${source}, lip=${scene.hostAddress}, TLS, session=<${scene.random.token(16)}>`
            : `warning: unknown[${source}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=info@example.org`,
        });
      }
    },
  },
  {
    name: 'database_guessing',
    sentence: 'one address guesses the password of a database',
    happen(scene) {
      const source = scene.stranger();
      for (let time = 0; time < 60; time += 1)
        scene.syslog({
          atMs: scene.at(8) + time * 3000,
          program: 'mysqld',
          pid: 1201,
          file: 'syslog',
          message: `${time + 40} [Note] Access denied for user 'root'@'${source}' (using password: YES)`,
        });
    },
  },
];
