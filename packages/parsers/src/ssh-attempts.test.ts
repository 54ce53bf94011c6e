import { LIMITS } from '@mini-soc/model/limits';
import { describe, expect, it } from 'vitest';
import { parseLine } from './parse-line.ts';
import { createFileMemory } from './file-memory.ts';

const ARRIVAL_MS = Date.UTC(2026, 10, 21, 12);
const PEER = '203.0.113.7';

/** The actions of the messages as lines of one file, a process number before each. */
function actionsOf(
  messages: readonly (readonly [pid: number, message: string])[],
): readonly string[] {
  const memory = createFileMemory();
  let previousLine: string | undefined;
  return messages.map(([pid, message]) => {
    const line = `Nov 21 11:00:00 web01 sshd[${pid}]: ${message}`;
    const event = parseLine(line, {
      arrivalMs: ARRIVAL_MS,
      zoneOffsetMinutes: () => 0,
      previousLine,
      memory,
    });
    previousLine = line;
    expect(event?.status).not.toBe('executed');
    return event?.action ?? 'none';
  });
}

const attempts = (messages: readonly (readonly [number, string])[]): number =>
  actionsOf(messages).filter((action) => action === 'ssh_login').length;

describe('parseLine() with what was told of connections', () => {
  it.each<[string, readonly [number, string][], number]>([
    [
      'a user who does not exist, with password',
      [
        [1, `Invalid user bob from ${PEER} port 4`],
        [1, 'input_userauth_request: invalid user bob [preauth]'],
        [
          1,
          `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${PEER}`,
        ],
        [1, `Failed password for invalid user bob from ${PEER} port 4 ssh2`],
        [1, `Connection closed by invalid user bob ${PEER} port 4 [preauth]`],
      ],
      1,
    ],
    [
      'a user who does not exist, three passwords',
      [
        [1, `Invalid user bob from ${PEER} port 4`],
        [1, `Failed password for invalid user bob from ${PEER} port 4 ssh2`],
        [1, `Failed password for invalid user bob from ${PEER} port 4 ssh2`],
        [1, `Failed password for invalid user bob from ${PEER} port 4 ssh2`],
        [
          1,
          `error: maximum authentication attempts exceeded for invalid user bob from ${PEER} port 4 ssh2 [preauth]`,
        ],
        [
          1,
          `Disconnecting invalid user bob ${PEER} port 4: Too many authentication failures [preauth]`,
        ],
      ],
      3,
    ],
    [
      'keys only, a user who does not exist',
      [
        [1, `Invalid user bob from ${PEER} port 4`],
        [1, `Connection closed by invalid user bob ${PEER} port 4 [preauth]`],
      ],
      1,
    ],
    [
      'keys only, a user who exists',
      [[1, `Connection closed by authenticating user root ${PEER} port 4 [preauth]`]],
      1,
    ],
    [
      'too many keys',
      [
        [
          1,
          `error: maximum authentication attempts exceeded for root from ${PEER} port 4 ssh2 [preauth]`,
        ],
        [
          1,
          `Disconnecting authenticating user root ${PEER} port 4: Too many authentication failures [preauth]`,
        ],
      ],
      1,
    ],
    [
      'a user who may not log in',
      [
        [1, `User root from ${PEER} not allowed because not listed in AllowUsers`],
        [1, `Failed password for invalid user root from ${PEER} port 4 ssh2`],
        [1, `Connection closed by invalid user root ${PEER} port 4 [preauth]`],
      ],
      1,
    ],
    [
      'PAM by the keyboard, twice, with what sshd says of it',
      [
        [1, `error: PAM: Authentication failure for root from ${PEER}`],
        [1, `Failed keyboard-interactive/pam for root from ${PEER} port 4 ssh2`],
        [1, `error: PAM: Authentication failure for root from ${PEER}`],
        [1, `Failed keyboard-interactive/pam for root from ${PEER} port 4 ssh2`],
      ],
      2,
    ],
    [
      'PAM by the keyboard, twice, and nothing else',
      [
        [1, `error: PAM: Authentication failure for root from ${PEER}`],
        [1, `error: PAM: Authentication failure for root from ${PEER}`],
      ],
      2,
    ],
    [
      'PAM by the keyboard for a user who does not exist',
      [
        [1, `Invalid user bob from ${PEER} port 4`],
        [
          1,
          `error: PAM: User not known to the underlying authentication module for illegal user bob from ${PEER}`,
        ],
        [1, `Failed keyboard-interactive/pam for invalid user bob from ${PEER} port 4 ssh2`],
      ],
      1,
    ],
    [
      'the number of a process that comes again',
      [
        [1, `Connection closed by authenticating user root ${PEER} port 4 [preauth]`],
        [1, `Connection closed by authenticating user root ${PEER} port 5 [preauth]`],
        [1, `Invalid user bob from ${PEER}`],
        [1, `Invalid user bob from ${PEER}`],
      ],
      4,
    ],
    [
      'two addresses with one number',
      [
        [1, `Failed password for root from ${PEER} port 4 ssh2`],
        [1, `Connection closed by authenticating user root 203.0.113.8 port 4 [preauth]`],
      ],
      2,
    ],
    [
      'a login, and its end',
      [
        [1, `Accepted password for alice from ${PEER} port 4 ssh2`],
        [1, `Disconnected from user alice ${PEER} port 4`],
      ],
      1,
    ],
    [
      'what PAM says beside sshd',
      [
        [
          1,
          `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${PEER}  user=alice`,
        ],
        [1, `Accepted password for alice from ${PEER} port 4 ssh2`],
      ],
      1,
    ],
    [
      'connections that name nobody',
      [
        [1, `Connection closed by ${PEER} port 4 [preauth]`],
        [2, `Did not receive identification string from ${PEER} port 5`],
        [3, `Failed publickey for alice from ${PEER} port 6 ssh2: RSA SHA256:abc`],
      ],
      0,
    ],
  ])('%s', (_name, messages, expected) => {
    expect(attempts(messages)).toBe(expected);
  });

  it('counts what PAM says where sshd says nothing', () => {
    const context = {
      arrivalMs: ARRIVAL_MS,
      zoneOffsetMinutes: () => 0,
      memory: createFileMemory(),
    };
    expect(
      parseLine(
        `Jun 14 15:16:01 web01 sshd(pam_unix)[9]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=${PEER}  user=root`,
        context,
      ),
    ).toMatchObject({ action: 'ssh_login', source_ip: PEER, username: 'root' });
  });

  it('counts a repetition of the line before', () => {
    const memory = createFileMemory();
    const context = { arrivalMs: ARRIVAL_MS, zoneOffsetMinutes: () => 0, memory };
    const line = `Nov 21 11:00:00 web01 sshd[1]: Invalid user bob from ${PEER} port 4`;
    parseLine(line, context);
    expect(
      parseLine('Nov 21 11:00:09 web01 last message repeated 3 times', {
        ...context,
        previousLine: line,
      }),
    ).toMatchObject({ action: 'ssh_login', repeat_count: 3 });
  });

  it('leaves each line to itself where nothing is remembered', () => {
    const line = `Nov 21 11:00:00 web01 sshd[1]: Invalid user bob from ${PEER} port 4`;
    expect(parseLine(line, { arrivalMs: ARRIVAL_MS, zoneOffsetMinutes: () => 0 })?.action).toBe(
      'ssh_event',
    );
  });

  it('remembers a bounded number of connections', () => {
    const memory = createFileMemory();
    const most = LIMITS.ssh_connections.value;
    for (let pid = 1; pid <= 3 * most; pid++)
      parseLine(`Nov 21 11:00:00 web01 sshd[${pid}]: Invalid user bob from ${PEER} port 4`, {
        arrivalMs: ARRIVAL_MS,
        zoneOffsetMinutes: () => 0,
        memory,
      });
    expect(memory.ssh.order).toHaveLength(most);
    expect(Object.keys(memory.ssh.connections)).toHaveLength(most);
  });
});
