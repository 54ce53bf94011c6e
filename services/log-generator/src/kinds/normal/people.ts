/** People who log in by ssh: they mistype, travel, share an address, forget which key was the right one. */
import type { Kind, Scene } from '../kind.ts';
import { sshd, sshFailure, sshLogin, sshLogout, type SshPeer } from '../logs.ts';

/** Mistypes so many times, a few seconds apart, and then gets in. */
function mistype(scene: Scene, atMs: number, peer: SshPeer, times: number): void {
  let ms = atMs;
  for (let time = 0; time < times; time += 1) {
    sshFailure(scene, ms, peer);
    ms += scene.random.int(4000, 11_000);
  }
  sshLogin(scene, ms, peer, 'password');
  sshLogout(scene, ms + scene.random.int(60_000, 3_600_000), peer);
}

export const PEOPLE: readonly Kind[] = [
  {
    name: 'ssh_users',
    sentence: 'people log in by key all day long',
    happen(scene) {
      const people = Array.from({ length: 12 }, () => ({
        user: scene.user(),
        source: scene.colleague(),
      }));
      for (const atMs of scene.spread(300, scene.at(7), scene.at(19))) {
        const peer = scene.random.pick(people);
        sshLogin(scene, atMs, peer);
        sshLogout(scene, atMs + scene.random.int(30_000, 2_400_000), peer);
      }
    },
  },
  {
    name: 'mistyped_once',
    sentence: 'people mistype once or twice and then get in',
    happen(scene) {
      for (const atMs of scene.spread(40, scene.at(8), scene.at(18)))
        mistype(
          scene,
          atMs,
          { user: scene.user(), source: scene.stranger() },
          scene.random.int(1, 2),
        );
    },
  },
  {
    name: 'mistyped_three_times',
    sentence: 'people who are tired mistype three times and then get in',
    happen(scene) {
      for (const atMs of scene.spread(12, scene.at(8), scene.at(18)))
        mistype(scene, atMs, { user: scene.user(), source: scene.stranger() }, 3);
    },
  },
  {
    name: 'caps_lock',
    sentence: 'somebody tries four times with the wrong keyboard layout, is cut off, and gets in',
    happen(scene) {
      for (const atMs of scene.spread(3, scene.at(9), scene.at(17))) {
        const peer = { user: scene.user(), source: scene.stranger() };
        for (let time = 0; time < 4; time += 1) sshFailure(scene, atMs + time * 14_000, peer);
        sshLogin(scene, atMs + 150_000, peer, 'password');
      }
    },
  },
  {
    name: 'agent_with_many_keys',
    sentence: 'an agent offers all its keys before the right one, or before the password',
    happen(scene) {
      for (const atMs of scene.spread(60, scene.at(7), scene.at(20))) {
        const peer = { user: scene.user(), source: scene.stranger() };
        const pid = scene.pid();
        const port = scene.port();
        const keys = scene.random.int(2, 5);
        for (let key = 0; key < keys; key += 1)
          sshd(
            scene,
            atMs + key * 30,
            `Failed publickey for ${peer.user} from ${peer.source} port ${port} ssh2: RSA SHA256:${scene.random.token(43)}`,
            pid,
          );
        if (scene.random.chance(0.2)) {
          sshd(
            scene,
            atMs + 200,
            `error: maximum authentication attempts exceeded for ${peer.user} from ${peer.source} port ${port} ssh2 [preauth]`,
            pid,
          );
          sshd(
            scene,
            atMs + 210,
            `Disconnecting authenticating user ${peer.user} ${peer.source} port ${port}: Too many authentication failures [preauth]`,
            pid,
          );
          sshLogin(scene, atMs + 40_000, peer, 'password');
        } else sshLogin(scene, atMs + 300, peer);
      }
    },
  },
  {
    name: 'office_behind_one_address',
    sentence: 'sixty people of an office come to work behind one address, some of them mistype',
    happen(scene) {
      const source = scene.stranger();
      const morning = scene.spread(60, scene.at(8, 50), scene.at(9, 25));
      for (const atMs of morning) {
        const peer = { user: scene.user(), source };
        const sleepy = scene.random.next();
        mistype(scene, atMs, peer, sleepy < 0.1 ? 2 : sleepy < 0.25 ? 1 : 0);
      }
    },
  },
  {
    name: 'home_office_morning',
    sentence: 'two hundred people come in from their homes at the same time, one in five mistypes',
    happen(scene) {
      for (const atMs of scene.spread(200, scene.at(8, 30), scene.at(9, 15)))
        mistype(
          scene,
          atMs,
          { user: scene.user(), source: scene.stranger() },
          scene.random.chance(0.2) ? 1 : 0,
        );
    },
  },
  {
    name: 'office_with_agents',
    sentence: 'people of an office behind one address come in with agents that have many keys',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of scene.spread(40, scene.at(9), scene.at(9, 20))) {
        const user = scene.user();
        const pid = scene.pid();
        const port = scene.port();
        for (let key = 0; key < scene.random.int(1, 4); key += 1)
          sshd(
            scene,
            atMs + key * 30,
            `Failed publickey for ${user} from ${source} port ${port} ssh2: RSA SHA256:${scene.random.token(43)}`,
            pid,
          );
        sshLogin(scene, atMs + 200, { user, source });
      }
    },
  },
  {
    name: 'lecture_hall',
    sentence: 'eighty students log in for the first time, behind one address, and mistype a lot',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of scene.spread(80, scene.at(10, 15), scene.at(10, 35))) {
        const user = scene.user();
        if (scene.random.chance(0.15))
          sshFailure(scene, atMs - 12_000, { user: user.slice(1), source }, false);
        mistype(scene, atMs, { user, source }, scene.random.chance(0.4) ? 1 : 0);
      }
    },
  },
  {
    name: 'password_change_day',
    sentence: 'the passwords of an office were changed: many try the old one first',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of scene.spread(35, scene.at(8, 55), scene.at(9, 20)))
        mistype(scene, atMs, { user: scene.user(), source }, scene.random.int(1, 2));
    },
  },
  {
    name: 'password_expired',
    sentence: 'passwords have expired: people log in and set new ones',
    happen(scene) {
      for (const atMs of scene.spread(15, scene.at(8), scene.at(17))) {
        const peer = { user: scene.user(), source: scene.stranger() };
        sshd(
          scene,
          atMs,
          `pam_unix(sshd:account): expired password for user ${peer.user} (password aged)`,
        );
        sshLogin(scene, atMs + 50, peer, 'password');
        scene.syslog({
          atMs: atMs + 20_000,
          program: 'passwd',
          pid: scene.pid(),
          message: `pam_unix(passwd:chauthtok): password changed for ${peer.user}`,
        });
        sshLogin(scene, atMs + 40_000, peer, 'password');
      }
    },
  },
  {
    name: 'roaming_users',
    sentence:
      'people work from home, from the train and from the office, with other addresses each',
    happen(scene) {
      const office = scene.stranger();
      for (let person = 0; person < 10; person += 1) {
        const user = scene.user();
        const places = [scene.stranger(), scene.stranger(), scene.stranger(), office, office];
        for (const [index, source] of places.entries())
          for (const atMs of scene.spread(4, scene.at(6 + index * 3), scene.at(9 + index * 3)))
            sshLogin(scene, atMs, { user, source });
      }
    },
  },
  {
    name: 'sftp_batch',
    sentence: 'partners put their files by sftp every five minutes',
    happen(scene) {
      const partners = Array.from({ length: 3 }, () => ({
        user: scene.user(),
        source: scene.stranger(),
      }));
      for (let minute = 0; minute < 1440; minute += 5)
        for (const peer of partners) {
          const atMs = scene.at(0, minute, scene.random.int(0, 20));
          sshLogin(scene, atMs, peer);
          sshd(scene, atMs + 100, 'subsystem request for sftp by user ' + peer.user);
          sshLogout(scene, atMs + 4000, peer);
        }
    },
  },
  {
    name: 'git_over_ssh',
    sentence: 'developers fetch and push by ssh, all as the user git',
    happen(scene) {
      const sources = Array.from({ length: 25 }, () => scene.stranger());
      for (const atMs of scene.spread(900, scene.at(7), scene.at(20))) {
        const peer = { user: 'git', source: scene.random.pick(sources) };
        sshLogin(scene, atMs, peer);
        sshLogout(scene, atMs + 1500, peer);
      }
    },
  },
  {
    name: 'interrupted_connections',
    sentence: 'people close the lid, lose the network, or give up at the prompt for the password',
    happen(scene) {
      for (const atMs of scene.spread(40, scene.at(7), scene.at(22))) {
        const user = scene.user();
        const source = scene.stranger();
        const port = scene.port();
        sshd(
          scene,
          atMs,
          scene.random.pick([
            `Connection closed by authenticating user ${user} ${source} port ${port} [preauth]`,
            `Connection reset by ${source} port ${port} [preauth]`,
            `Timeout, client not responding from user ${user} ${source} port ${port}`,
            `Connection closed by ${source} port ${port} [preauth]`,
          ]),
        );
      }
    },
  },
];
