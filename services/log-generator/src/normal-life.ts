/**
 * What happens on hosts when nobody attacks them, honest mistakes included. None of it may fire a rule.
 * People sleep at night, and mistype now and then, however many events a second there are: whoever did gets
 * in a few seconds later and types with care for an hour.
 */
import { isOffHours } from './generated-event.ts';
import { sshLine, type Draft } from './scenarios.ts';
import { nginxLine, sudoMessage, ufwMessage } from './lines.ts';
import { sshKeyOf } from './ssh-key.ts';
import type { World } from './world.ts';

const HARMLESS_COMMANDS = [
  '/usr/bin/apt-get update',
  '/usr/bin/rsync -a /srv/www/ /srv/backup/www/',
  '/usr/bin/systemctl status nginx',
  '/usr/bin/crontab -l',
  '/usr/bin/curl -fsSLO https://deb.example.org/key.gpg',
  '/usr/bin/journalctl -u ssh -n 50',
  '/usr/bin/chmod 644 /srv/www/index.html',
  '/usr/bin/tail -n 100 /var/log/nginx/error.log',
];
const PATHS = [
  '/',
  '/index.html',
  '/about',
  '/products',
  '/products?page=2',
  '/style.css',
  '/app.js',
  '/logo.png',
  '/contact',
  '/api/health',
];

/** Of a hundred events, those up to here are a person's. */
const LAST_OF_PEOPLE = 24;
const CAREFUL_MS = 3_600_000;

export interface NormalLife {
  /** The event of this moment; moments never go back. */
  readonly eventAt: (atMs: number) => Draft;
}

export function createNormalLife(world: World, startMs: number): NormalLife {
  const { faker } = world;
  const carefulUntilMs = new Map(
    world.people.map(({ name }) => [name, startMs + faker.number.int({ max: CAREFUL_MS })]),
  );
  /** Right passwords of those who mistyped. */
  const owed: { readonly atMs: number; readonly draft: Draft }[] = [];
  const loginAt = (atMs: number): Draft => {
    const host = faker.helpers.arrayElement(world.hosts);
    const person = faker.helpers.arrayElement(world.people);
    if ((carefulUntilMs.get(person.name) ?? 0) > atMs) return keyLogin(world, host.name, person);
    carefulUntilMs.set(person.name, atMs + CAREFUL_MS + faker.number.int({ max: CAREFUL_MS }));
    owed.push({
      atMs: atMs + faker.number.int({ min: 3000, max: 9000 }),
      draft: sshLine(world, host.name, person.address, person.name, true, true),
    });
    return sshLine(world, host.name, person.address, person.name, false, true);
  };
  return {
    eventAt(atMs) {
      if ((owed[0]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs)
        return (owed.shift() as (typeof owed)[number]).draft;
      const least = isOffHours(atMs) ? LAST_OF_PEOPLE + 1 : 1;
      const kind = faker.number.int({ min: least, max: 100 });
      return kind <= 14 ? loginAt(atMs) : otherEvent(world, kind);
    },
  };
}

function keyLogin(world: World, host: string, person: World['people'][number]): Draft {
  const port = world.ephemeralPort();
  return {
    file: 'auth.log',
    host,
    program: 'sshd',
    pid: world.pid(),
    message: `Accepted publickey for ${person.name} from ${person.address} port ${port} ssh2: ${sshKeyOf(person.name)}`,
    fields: {
      action: 'ssh_login',
      status: 'success',
      log_type: 'auth',
      source_ip: person.address,
      username: person.name,
      port,
    },
  };
}

/** What is no login: `kind` from 15 to 100 says what. */
function otherEvent(world: World, kind: number): Draft {
  const { faker } = world;
  const host = faker.helpers.arrayElement(world.hosts);
  const person = faker.helpers.arrayElement(world.people);
  if (kind <= LAST_OF_PEOPLE) {
    const command = faker.helpers.arrayElement(HARMLESS_COMMANDS);
    return {
      file: 'auth.log',
      host: host.name,
      program: 'sudo',
      pid: undefined,
      message: sudoMessage(person.name, `/home/${person.name}`, command),
      fields: {
        action: 'command_execution',
        status: 'executed',
        log_type: 'command',
        username: person.name,
        command,
      },
    };
  }
  if (kind <= 32) {
    return {
      file: 'auth.log',
      host: host.name,
      program: 'CRON',
      pid: world.pid(),
      message: 'pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)',
      fields: { action: 'session', status: 'success', log_type: 'auth', username: 'root' },
    };
  }
  if (kind <= 38) {
    const source = world.visitor();
    const destinationPort = faker.helpers.arrayElement([23, 445, 3389]);
    const sourcePort = world.ephemeralPort();
    return {
      file: 'ufw.log',
      host: host.name,
      program: 'kernel',
      pid: undefined,
      message: ufwMessage({
        source,
        destination: host.address,
        sourcePort,
        destinationPort,
        id: faker.number.int({ max: 65_535 }),
        uptimeSeconds: faker.number.float({ min: 1000, max: 9_000_000 }),
      }),
      fields: {
        action: 'firewall_drop',
        status: 'blocked',
        log_type: 'firewall',
        source_ip: source,
        destination_ip: host.address,
        destination_port: destinationPort,
      },
    };
  }
  const visit = {
    source: world.visitor(),
    method: 'GET',
    target: kind <= 41 ? '/favicon.ico' : faker.helpers.arrayElement(PATHS),
    status: kind <= 41 ? 404 : 200,
    bytes: faker.number.int({ min: 120, max: 40_000 }),
    agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  };
  return {
    file: 'nginx/access.log',
    host: host.name,
    program: undefined,
    pid: undefined,
    message: (atMs) => nginxLine(atMs, visit),
    fields: {
      action: 'http_request',
      status: visit.status >= 400 ? 'failure' : 'success',
      log_type: 'web',
      source_ip: visit.source,
      http_method: 'GET',
      url_path: visit.target.split('?')[0] ?? '/',
      http_status: visit.status,
    },
  };
}
