/** New machines, new people, new addresses: what happens once and looks strange each time. */
import type { Kind, Scene } from '../kind.ts';
import { BROWSER, dropped, every, sshFailure, sshLogin, sudo, web } from '../logs.ts';

/** Fails some times at the speed of a person and gets in. */
function tryAndGetIn(scene: Scene, atMs: number, user: string, source: string, times: number) {
  let ms = atMs;
  for (let time = 0; time < times; time += 1) {
    sshFailure(scene, ms, { user, source });
    ms += scene.random.int(3000, 9000);
  }
  sshLogin(scene, ms + 1000, { user, source }, 'password');
}

export const FIRST_DAYS: readonly Kind[] = [
  {
    name: 'workshop_with_paper_passwords',
    sentence: 'thirty guests of a workshop type names and passwords from paper, some of them wrong',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of scene.spread(30, scene.at(13), scene.at(13, 12))) {
        const user = scene.user();
        if (scene.random.chance(0.25))
          sshFailure(scene, atMs - 15_000, { user: `${user}x`, source }, false);
        tryAndGetIn(scene, atMs, user, source, scene.random.pick([0, 0, 1, 1, 2, 3]));
      }
    },
  },
  {
    name: 'returned_from_holidays',
    sentence: 'people come back from their holidays and remember at the third or fourth try',
    happen(scene) {
      for (const atMs of scene.spread(25, scene.at(7, 30), scene.at(10)))
        tryAndGetIn(scene, atMs, scene.user(), scene.stranger(), scene.random.int(2, 4));
    },
  },
  {
    name: 'wrong_name_first',
    sentence: 'people log in with the name of their laptop first, and then with their own',
    happen(scene) {
      for (const atMs of scene.spread(25, scene.at(8), scene.at(19))) {
        const source = scene.stranger();
        for (const ms of every(atMs, scene.random.int(1, 3), 7000))
          sshFailure(
            scene,
            ms,
            { user: scene.random.pick(['pi', 'user', 'admin', 'jdoe']), source },
            false,
          );
        sshLogin(scene, atMs + 30_000, { user: scene.user(), source }, 'password');
      }
    },
  },
  {
    name: 'accounts_by_ansible',
    sentence: 'a playbook makes the accounts of a new team',
    happen(scene) {
      for (let person = 0; person < 6; person += 1) {
        const atMs = scene.at(11, person);
        const user = scene.user();
        const uid = 1100 + person;
        sudo(
          scene,
          atMs,
          'deploy',
          `/bin/sh -c echo BECOME-SUCCESS-${scene.random.token(32)} ; /usr/bin/python3 /home/deploy/.ansible/tmp/ansible-tmp-${(atMs / 1000).toFixed(4)}-${scene.random.int(1000, 99_999)}-${scene.random.int(10 ** 12, 10 ** 14)}/AnsiballZ_user.py`,
        );
        scene.syslog({
          atMs: atMs + 900,
          program: 'useradd',
          pid: scene.pid(),
          message: `new user: name=${user}, UID=${uid}, GID=${uid}, home=/home/${user}, shell=/bin/bash, from=none`,
        });
      }
    },
  },
  {
    name: 'other_search_robots',
    sentence: 'robots of smaller search engines ask, two a second, for pages that were renamed',
    happen(scene) {
      const agents = [
        'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)',
        'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)',
        'Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)',
      ];
      for (const [index, agent] of agents.entries()) {
        const source = scene.stranger();
        for (const atMs of every(scene.at(2 + index), 200, scene.random.int(400, 700)))
          web(scene, atMs, {
            source,
            target: `/products/${scene.random.token(6)}.html`,
            status: scene.random.chance(0.8) ? 404 : 200,
            agent,
          });
      }
    },
  },
  {
    name: 'site_with_dead_links',
    sentence:
      'an editor clicks through a site that was moved in a hurry and finds dead links all day',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of scene.spread(400, scene.at(9), scene.at(17)))
        web(scene, atMs, {
          source,
          target: `/handbook/${scene.random.token(8)}`,
          status: scene.random.chance(0.5) ? 404 : 200,
          agent: BROWSER,
          referrer: 'https://www.example.org/handbook/',
        });
    },
  },
  {
    name: 'scanner_of_the_auditors',
    sentence: 'a scanner of the own network tries web servers every night',
    happen(scene) {
      const source = scene.colleague();
      for (const atMs of every(scene.at(1), 400, 250))
        web(scene, atMs, {
          source,
          target: `/${scene.random.token(5)}/${scene.random.pick(['login.asp', 'index.php', 'status', 'admin/'])}`,
          status: scene.random.chance(0.9) ? 404 : 403,
          agent: scene.random.pick([
            'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0; Nessus)',
            'Mozilla/5.0 (compatible; Qualys WAS)',
          ]),
        });
    },
  },
  {
    name: 'neighbours_printer',
    sentence: 'a device of the provider asks again and again for a port that is shut',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of every(scene.at(0), 700, 120_000))
        dropped(scene, atMs, { source, toPort: 7547 });
    },
  },
  {
    name: 'branch_with_an_old_setting',
    sentence: 'a program of a branch office asks for a database that has moved',
    happen(scene) {
      const source = scene.stranger();
      for (const round of every(scene.at(8), 60, 600_000))
        for (const afterMs of [0, 1000, 3000, 7000, 15_000, 31_000])
          dropped(scene, round + afterMs, { source, toPort: 5432 });
    },
  },
  {
    name: 'laptop_changes_networks',
    sentence: 'people go from the wire to the radio to the telephone, and log in again each time',
    happen(scene) {
      for (const atMs of scene.spread(30, scene.at(8), scene.at(20))) {
        const user = scene.user();
        for (const afterMs of [0, 45_000, 200_000])
          sshLogin(scene, atMs + afterMs, { user, source: scene.stranger() });
      }
    },
  },
];
