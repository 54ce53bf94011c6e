import { describe, expect, it } from 'vitest';
import { parseLine } from './parse-line.ts';

const CONTEXT = { arrivalMs: Date.UTC(2026, 10, 21, 12), zoneOffsetMinutes: () => 0 };
const parse = (text: string) => parseLine(`Nov 21 11:00:00 web01 ${text}`, CONTEXT);

describe('parseLine() of account changes', () => {
  it.each<[string, object]>([
    [
      'useradd[5]: new user: name=mallory, UID=0, GID=1002, home=/home/mallory, shell=/bin/bash, from=/dev/pts/1',
      { action: 'account_created', target_user: 'mallory', extra: { uid: 0 } },
    ],
    [
      "usermod[6]: change user 'mallory' UID from '1001' to '0'",
      { action: 'account_changed', target_user: 'mallory', extra: { uid: 0 } },
    ],
    ["usermod[6]: unlock user 'bob' password", { action: 'account_unlocked', target_user: 'bob' }],
    ["usermod[6]: lock user 'bob' password", { action: 'account_locked', status: 'success' }],
    [
      'gpasswd[7]: user mallory added by root to group sudo',
      {
        action: 'group_member_added',
        username: 'root',
        target_user: 'mallory',
        extra: { group: 'sudo' },
      },
    ],
    [
      "passwd[8]: password for 'bob' changed by 'root'",
      { action: 'password_changed', username: 'root', target_user: 'bob' },
    ],
  ])('%s', (text, wish) => {
    expect(parse(text)).toMatchObject(wish);
  });

  it('lets no home directory move the numbers', () => {
    expect(
      parse(
        'useradd[5]: new user: name=bob, UID=1003, GID=1003, home=/home/x, UID=0, GID=0, shell=/bin/sh',
      )?.extra,
    ).toMatchObject({ uid: 1003, gid: 1003 });
  });
});

describe('parseLine() of Windows account changes', () => {
  const record = (eventId: number, data: object) =>
    parseLine(
      JSON.stringify({
        '@timestamp': '2026-11-21T11:00:00.000Z',
        winlog: { event_id: eventId, computer_name: 'DC01', event_data: data },
      }),
      CONTEXT,
    );

  it.each<[number, object, object]>([
    [
      4720,
      { SubjectUserName: 'admin1', TargetUserName: 'mallory' },
      { action: 'account_created', status: 'success', username: 'admin1', target_user: 'mallory' },
    ],
    [
      4732,
      {
        SubjectUserName: 'admin1',
        MemberName: '-',
        MemberSid: 'S-1-5-21-7',
        TargetUserName: 'Administrators',
      },
      {
        action: 'group_member_added',
        target_user: 'S-1-5-21-7',
        extra: { TargetUserName: 'Administrators' },
      },
    ],
    [
      4740,
      { TargetUserName: 'alice', TargetDomainName: 'PC-7', SubjectUserName: 'DC01$' },
      { action: 'account_locked', status: 'failure', target_user: 'alice', source_host: 'PC-7' },
    ],
    [
      4771,
      { TargetUserName: 'alice', IpAddress: '::ffff:203.0.113.7', IpPort: '50000', Status: '0x18' },
      {
        action: 'windows_logon',
        status: 'failure',
        source_ip: '203.0.113.7',
        reason: 'bad_password',
      },
    ],
    [
      4776,
      { TargetUserName: 'alice', Workstation: 'PC-7', Status: '0xc000006a' },
      { action: 'windows_logon', status: 'failure', source_host: 'PC-7', reason: 'bad_password' },
    ],
    [
      4776,
      { TargetUserName: 'alice', Workstation: 'PC-7', Status: '0x0' },
      { action: 'windows_logon', status: 'success', source_host: 'PC-7' },
    ],
  ])('%i', (eventId, data, wish) => {
    expect(record(eventId, data)).toMatchObject({ log_type: 'windows', hostname: 'DC01', ...wish });
  });
});
