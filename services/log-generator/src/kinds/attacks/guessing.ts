/** Guessing of names and passwords by ssh, in all its speeds and wordings. */
import type { Kind, Scene } from '../kind.ts';
import { every, sshd, sshFailure, sshGivesUp, sshLogin } from '../logs.ts';

const NAMES = ['root', 'admin', 'oracle', 'ubuntu', 'postgres', 'test', 'git', 'pi', 'ftpuser'];

function guess(
  scene: Scene,
  source: string,
  moments: readonly number[],
  name: () => string = () => scene.random.pick(NAMES),
): void {
  for (const atMs of moments) {
    const user = name();
    sshFailure(scene, atMs, { user, source }, user === 'root');
  }
}

export const GUESSING: readonly Kind[] = [
  {
    name: 'slow_guessing',
    sentence: 'one address guesses every quarter of a minute, for an hour',
    happen: (scene) =>
      guess(scene, scene.stranger(), every(scene.at(2), 200, scene.random.int(16_000, 20_000))),
  },
  {
    name: 'very_slow_guessing',
    sentence: 'one address guesses every 20 minutes, all day',
    happen: (scene) =>
      guess(
        scene,
        scene.stranger(),
        every(scene.at(0), 72, scene.random.int(1_100_000, 1_300_000)),
      ),
  },
  {
    name: 'guessing_in_waves',
    sentence: 'one address guesses four times, waits two minutes, and again',
    happen(scene) {
      const source = scene.stranger();
      for (let wave = 0; wave < 12; wave += 1)
        guess(scene, source, every(scene.at(4, wave * 2), 4, 3000));
    },
  },
  {
    name: 'distributed_guessing',
    sentence: '250 addresses guess the password of root once each, within ten minutes',
    happen(scene) {
      for (const atMs of scene.spread(250, scene.at(5), scene.at(5, 9)))
        guess(scene, scene.stranger(), [atMs], () => 'root');
    },
  },
  {
    name: 'distributed_user',
    sentence: '60 addresses guess the password of one person, over an hour',
    happen(scene) {
      const user = scene.user();
      for (const atMs of scene.spread(180, scene.at(6), scene.at(6, 25)))
        sshFailure(scene, atMs, { user, source: scene.stranger() });
    },
  },
  {
    name: 'password_spraying',
    sentence: 'one address tries one password on forty accounts',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(7), 40, 20_000))
        sshFailure(scene, atMs, { user: scene.user(), source });
    },
  },
  {
    name: 'keys_only',
    sentence: 'guessing at a server that takes keys only: connections that close before a login',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(8), 60, 4000)) {
        const user = scene.random.pick(NAMES);
        sshGivesUp(scene, atMs, { user, source }, user === 'root');
      }
    },
  },
  {
    name: 'pam_guessing',
    sentence: 'guessing that PAM alone reports',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(9), 120, 3000))
        sshd(scene, atMs, `error: PAM: Authentication failure for root from ${source}`);
    },
  },
  {
    name: 'illegal_users_by_pam',
    sentence: 'guessing of accounts that are not there, as PAM reports it',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(9, 30), 60, 5000))
        sshd(
          scene,
          atMs,
          `error: PAM: User not known to the underlying authentication module for illegal user ${scene.user()} from ${source}`,
        );
    },
  },
  {
    name: 'user_enumeration',
    sentence: 'one address asks which accounts there are and tries no password',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(10), 40, 7000))
        sshGivesUp(scene, atMs, { user: scene.user(), source }, false);
    },
  },
  {
    name: 'many_tries_a_connection',
    sentence: 'guessing with six tries in each connection, until sshd ends it',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(11), 20, 12_000)) {
        const pid = scene.pid();
        const port = scene.port();
        sshd(
          scene,
          atMs,
          `error: maximum authentication attempts exceeded for root from ${source} port ${port} ssh2 [preauth]`,
          pid,
        );
        sshd(
          scene,
          atMs + 10,
          `Disconnecting authenticating user root ${source} port ${port}: Too many authentication failures [preauth]`,
          pid,
        );
      }
    },
  },
  {
    name: 'repeated_messages',
    sentence: 'guessing that syslog folds into "message repeated"',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(12), 15, 30_000)) {
        const text = `Failed password for root from ${source} port ${scene.port()} ssh2`;
        const pid = scene.pid();
        sshd(scene, atMs, text, pid);
        sshd(scene, atMs + 6000, `message repeated 4 times: [ ${text}]`, pid);
      }
    },
  },
  {
    name: 'ssh_scanning',
    sentence: 'one address looks at what ssh server this is, with wrong greetings',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(13), 30, 15_000)) {
        const port = scene.port();
        sshd(
          scene,
          atMs,
          scene.random.pick([
            `Did not receive identification string from ${source} port ${port}`,
            `banner exchange: Connection from ${source} port ${port}: invalid format`,
            `Bad protocol version identification 'GET / HTTP/1.1' from ${source} port ${port}`,
            `Unable to negotiate with ${source} port ${port}: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1 [preauth]`,
          ]),
        );
      }
    },
  },
  {
    name: 'race_for_the_signal_handler',
    sentence:
      'connections that are kept open until the time for a login is over, again and again (CVE-2024-6387)',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(14), 60, 8000))
        sshd(
          scene,
          atMs,
          `fatal: Timeout before authentication for ${source} port ${scene.port()}`,
        );
    },
  },
  {
    name: 'guessing_with_hostile_names',
    sentence: 'guessing with names of accounts that look like other addresses',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(15), 40, 3000))
        sshFailure(
          scene,
          atMs,
          { user: `root from 192.0.2.${scene.random.int(1, 250)} port 22 ssh2`, source },
          false,
        );
    },
  },
  {
    name: 'dropbear_guessing',
    sentence: 'guessing at the small ssh server of a router',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(16), 50, 4000))
        scene.syslog({
          atMs,
          program: 'dropbear',
          pid: scene.pid(),
          message: `Bad password attempt for 'root' from ${source}:${scene.port()}`,
        });
    },
  },
];

export const BREAKING_IN: readonly Kind[] = [
  {
    name: 'guessed',
    sentence: 'one address guesses the password of a person and gets in',
    happen(scene) {
      const source = scene.stranger();
      const user = scene.user();
      const moments = every(scene.at(3), 40, 2500);
      for (const atMs of moments) sshFailure(scene, atMs, { user, source });
      scene.crucially(() =>
        sshLogin(scene, (moments.at(-1) ?? 0) + 5000, { user, source }, 'password'),
      );
    },
  },
  {
    name: 'guessed_slowly',
    sentence: 'one address guesses once in five minutes and gets in after hours',
    happen(scene) {
      const source = scene.stranger();
      const user = scene.user();
      for (const atMs of every(scene.at(1), 48, 300_000)) sshFailure(scene, atMs, { user, source });
      scene.crucially(() => sshLogin(scene, scene.at(5, 3), { user, source }, 'password'));
    },
  },
  {
    name: 'guessed_after_days',
    sentence: 'one address guesses some times each day and gets in on the third',
    happen(scene) {
      const source = scene.stranger();
      const user = scene.user();
      for (const day of [0, 24, 48])
        for (const atMs of every(scene.at(day + 2), 9, 2_400_000))
          sshFailure(scene, atMs, { user, source });
      scene.crucially(() => sshLogin(scene, scene.at(56, 10), { user, source }, 'password'));
    },
  },
  {
    name: 'guessed_in_noise',
    sentence: 'one address guesses all day without a pause and gets in at some time',
    happen(scene) {
      const source = scene.stranger();
      const user = scene.user();
      for (const atMs of every(scene.at(0), 500, 150_000))
        sshFailure(scene, atMs, { user: scene.random.chance(0.3) ? user : 'root', source });
      scene.crucially(() => sshLogin(scene, scene.at(17, 1), { user, source }, 'password'));
    },
  },
  {
    name: 'guessed_by_many',
    sentence: 'many addresses guess the password of one person, one of them gets in',
    happen(scene) {
      const user = scene.user();
      for (const atMs of scene.spread(100, scene.at(4), scene.at(4, 9)))
        sshFailure(scene, atMs, { user, source: scene.stranger() });
      scene.crucially(() =>
        sshLogin(scene, scene.at(4, 10), { user, source: scene.stranger() }, 'password'),
      );
    },
  },
  {
    name: 'root_by_password',
    sentence: 'somebody from the Internet logs in as root, with a password',
    happen: (scene) =>
      sshLogin(scene, scene.at(3, 20), { user: 'root', source: scene.stranger() }, 'password'),
  },
];
