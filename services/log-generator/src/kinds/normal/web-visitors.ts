/** Visitors of web sites: people, robots, and those who look whether the site is well. */
import type { Kind } from '../kind.ts';
import { BROWSER, web } from '../logs.ts';

const PAGES = [
  '/',
  '/about',
  '/shop',
  '/shop?page=2',
  '/news',
  '/contact',
  '/jobs',
  '/search?q=lamp',
];
const ASSETS = ['/style.css', '/app.js', '/logo.png', '/fonts/a.woff2', '/favicon.ico'];

export const WEB_VISITORS: readonly Kind[] = [
  {
    name: 'visitors',
    sentence: 'people look at pages and move on before all is loaded',
    happen(scene) {
      for (const atMs of scene.spread(700, scene.at(0), scene.at(24))) {
        const source = scene.stranger();
        const pages = scene.random.int(1, 6);
        for (let page = 0; page < pages; page += 1) {
          const shownMs = atMs + page * scene.random.int(5000, 60_000);
          web(scene, shownMs, { source, target: scene.random.pick(PAGES) });
          for (const target of ASSETS)
            web(scene, shownMs + 100, {
              source,
              target,
              status:
                target === '/favicon.ico' && scene.random.chance(0.2)
                  ? 404
                  : scene.random.chance(0.03)
                    ? 499
                    : 200,
            });
        }
      }
    },
  },
  {
    name: 'impatient_visitor',
    sentence: 'a visitor turns pages faster than they load',
    happen(scene) {
      const source = scene.stranger();
      for (let page = 0; page < 60; page += 1)
        web(scene, scene.at(16) + page * 300, {
          source,
          target: `/gallery/${page}`,
          status: 499,
          bytes: 0,
        });
    },
  },
  {
    name: 'search_robot_after_a_move',
    sentence: 'search robots ask for the pages that a site had before it moved',
    happen(scene) {
      const agents = [
        'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
        'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
      ];
      for (const agent of agents) {
        const source = scene.stranger();
        for (let page = 0; page < 500; page += 1)
          web(scene, scene.at(3) + page * scene.random.int(900, 1400), {
            source,
            target: `/archive/2014/${scene.random.token(8)}/${scene.random.int(1, 99_999)}`,
            status: scene.random.chance(0.85) ? 404 : 301,
            agent,
          });
      }
    },
  },
  {
    name: 'polite_crawlers',
    sentence: 'robots read a site slowly, with the rules of robots.txt',
    happen(scene) {
      for (let robot = 0; robot < 5; robot += 1) {
        const source = scene.stranger();
        for (let page = 0; page < 250; page += 1)
          web(scene, scene.at(1) + page * 300_000 * scene.random.next() + page * 60_000, {
            source,
            target: page === 0 ? '/robots.txt' : `/wiki/${scene.random.token(7)}`,
            status: scene.random.chance(0.1) ? 404 : 200,
            agent: `Mozilla/5.0 (compatible; ArchiveBot${robot}/1.0; +https://robots.example.org)`,
          });
      }
    },
  },
  {
    name: 'link_checker',
    sentence: 'the editors have the links of their site checked',
    happen(scene) {
      const source = scene.stranger();
      for (let link = 0; link < 300; link += 1)
        web(scene, scene.at(5) + link * 350, {
          source,
          target: `/blog/${scene.random.token(9)}`,
          method: 'HEAD',
          status: scene.random.chance(0.25) ? 404 : 200,
          agent: 'LinkChecker/10.5.0 (+https://linkchecker.github.io/linkchecker/)',
        });
    },
  },
  {
    name: 'synthetic_probes',
    sentence: 'a service looks from many places whether pages answer as they should, refusals too',
    happen(scene) {
      const sources = Array.from({ length: 5 }, () => scene.stranger());
      for (let minute = 0; minute < 1440; minute += 5)
        for (const [index, source] of sources.entries())
          web(scene, scene.at(0, minute, index * 9), {
            source,
            target: '/',
            method: 'HEAD',
            agent: 'Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)',
          });
      for (const hour of [4, 12, 20])
        for (let check = 0; check < 40; check += 1)
          web(scene, scene.at(hour) + check * 400, {
            source: sources[0] ?? '',
            target: `/account/area${check}`,
            status: check % 2 === 0 ? 401 : 403,
            agent: 'Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)',
          });
    },
  },
  {
    name: 'school_behind_one_address',
    sentence: 'three hundred pupils use a site behind one address',
    happen(scene) {
      const source = scene.stranger();
      for (const atMs of scene.spread(900, scene.at(8), scene.at(8, 45))) {
        const draw = scene.random.next();
        web(scene, atMs, {
          source,
          target:
            draw < 0.1
              ? scene.random.pick([
                  '/favicon.ico',
                  '/apple-touch-icon.png',
                  '/apple-touch-icon-120x120-precomposed.png',
                  '/.well-known/assetlinks.json',
                  '/.well-known/appspecific/com.chrome.devtools.json',
                ])
              : `/course/${scene.random.int(1, 40)}/page/${scene.random.int(1, 60)}`,
          status: draw < 0.1 ? 404 : draw < 0.14 ? 403 : draw < 0.2 ? 429 : 200,
          agent: scene.random.pick([BROWSER, 'Mozilla/5.0 (iPad; CPU OS 18_2 like Mac OS X)']),
        });
      }
    },
  },
  {
    name: 'words_in_searches',
    sentence: 'people search for words and signs that attacks are made of too',
    happen(scene) {
      const searches = [
        "/search?q=O'Brien+%26+sons",
        '/search?q=select+a+plan+from+the+union+list',
        '/search?q=how+to+drop+table+salt',
        '/search?q=%3Cb%3Ebold%3C%2Fb%3E+in+html',
        '/search?q=1%3D1+meaning',
        '/search?q=etc+passwd+explained',
        '/search?q=cat+%7C+dog+%3B+bird',
        '/wiki/SQL_injection',
        '/wiki/Cross-site_scripting?action=edit&section=2',
        '/docs/..namespace/operator..html',
        '/blog/union-select-jury',
        '/translate?text=%7B%7Bname%7D%7D+has+%24%7Bcount%7D+messages',
        '/redirect?url=https%3A%2F%2Fwww.example.org%2Fhome',
        '/files/report..final.pdf',
        '/api/items?filter=price+lt+10+or+name+eq+%27a%27',
      ];
      for (const atMs of scene.spread(120, scene.at(7), scene.at(23)))
        web(scene, atMs, { source: scene.stranger(), target: scene.random.pick(searches) });
    },
  },
  {
    name: 'logins_on_the_web',
    sentence: 'people log in on web pages, some after a mistake or two',
    happen(scene) {
      for (const atMs of scene.spread(160, scene.at(7), scene.at(22))) {
        const source = scene.stranger();
        const mistakes = scene.random.pick([0, 0, 0, 1, 1, 2]);
        web(scene, atMs, { source, target: '/wp-login.php' });
        for (let time = 0; time < mistakes; time += 1)
          web(scene, atMs + 8000 * (time + 1), { source, target: '/wp-login.php', method: 'POST' });
        web(scene, atMs + 8000 * (mistakes + 1), {
          source,
          target: '/wp-login.php',
          method: 'POST',
          status: 302,
        });
        web(scene, atMs + 8000 * (mistakes + 1) + 300, { source, target: '/wp-admin/' });
      }
    },
  },
  {
    name: 'own_scanner',
    sentence: 'the security team scans its own servers, from a machine of the own network',
    happen(scene) {
      const source = scene.colleague();
      for (let path = 0; path < 250; path += 1)
        web(scene, scene.at(22) + path * 100, {
          source,
          target: `/${scene.random.token(6)}.php`,
          status: 404,
          agent: 'Mozilla/5.0 [en] (X11, U; OpenVAS-VT 23.0)',
        });
    },
  },
  {
    name: 'broken_application',
    sentence: 'a new version of an application refers to files that were forgotten',
    happen(scene) {
      for (let visitor = 0; visitor < 40; visitor += 1) {
        const source = scene.stranger();
        web(scene, scene.at(17, visitor), { source, target: '/app/' });
        for (let file = 0; file < 28; file += 1)
          web(scene, scene.at(17, visitor) + 100 + file * 10, {
            source,
            target: `/app/chunks/part-${file}.3f2a${file}.js`,
            status: 404,
            referrer: 'https://app.example.org/app/',
          });
      }
    },
  },
];
