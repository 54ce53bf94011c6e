import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, removeFolder } from '../../test/response-fixture.ts';
import { isSessionTitle, sshSessionPeers } from './ssh-sessions.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (peer: string, state: string, inode: number) =>
  `   0: 017100CB:0016 ${peer}:D431 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0`;

let proc: string;
beforeEach(async () => {
  proc = await makeFolder();
  await mkdir(path.join(proc, 'net'));
});
afterEach(() => removeFolder(proc));

async function addProcess(pid: number, title: string, program: string, inode: number) {
  await mkdir(path.join(proc, `${pid}`, 'fd'), { recursive: true });
  await writeFile(path.join(proc, `${pid}`, 'cmdline'), `${title}\0`);
  await symlink(program, path.join(proc, `${pid}`, 'exe'));
  await symlink(`socket:[${inode}]`, path.join(proc, `${pid}`, 'fd', '4'));
}

describe('sshSessionPeers()', () => {
  it('sshSessionPeers() names who is logged in, and nobody who only tries (N31, K07)', async () => {
    await addProcess(10, 'sshd: alice@pts/0', '/usr/sbin/sshd', 501);
    await addProcess(11, 'sshd: root [net]', '/usr/sbin/sshd', 502);
    await addProcess(12, 'sshd: bob@notty', '/home/bob/sshd', 503);
    await addProcess(13, 'sshd-session: carol@notty', '/usr/lib/openssh/sshd-session', 504);
    await addProcess(14, 'sshd: dora@notty', '/usr/sbin/sshd', 505);
    await writeFile(
      path.join(proc, 'net', 'tcp'),
      [
        HEAD,
        row('077100CB', '01', 501),
        row('087100CB', '01', 502),
        row('097100CB', '01', 503),
        row('0A7100CB', '06', 505),
      ].join('\n'),
    );
    await writeFile(
      path.join(proc, 'net', 'tcp6'),
      [HEAD, row('B80D0120000000000000000009000000', '01', 504)].join('\n'),
    );
    expect(sshSessionPeers(proc).toSorted()).toEqual(['2001:db8::9', '203.0.113.7']);
  });

  it('sshSessionPeers() finds nobody where nothing can be read', () => {
    expect(sshSessionPeers(path.join(proc, 'absent'))).toEqual([]);
  });
});

describe('isSessionTitle()', () => {
  it.each([
    'sshd: alice@pts/0',
    'sshd: alice@pts/0,pts/12',
    'sshd: a.b-c@notty',
    'sshd-session: x@notty',
  ])('isSessionTitle() takes %j for a session', (title) => {
    expect(isSessionTitle(title)).toBe(true);
  });

  it.each([
    'sshd: alice [priv]',
    'sshd: alice@notty [net]',
    'sshd: alice@pts/0 [preauth]',
    'sshd: unknown [net]',
    'sshd: a b@notty',
    'sshd: [accepted]',
    'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups',
    'xsshd: alice@notty',
    'sshd: a@b@notty',
  ])('isSessionTitle() takes %j for none', (title) => {
    expect(isSessionTitle(title)).toBe(false);
  });
});
