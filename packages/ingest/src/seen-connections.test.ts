import { describe, expect, it } from 'vitest';
import { createSeenConnections } from './seen-connections.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n';
const SSH = '0500000A:0016';
const WEB = '0500000A:01BB';
/** Row of a table, as the kernel prints it. */
const row = (local: string, peer: string, state: string) =>
  `   0: ${local} ${peer} ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1\n`;
/** 203.0.113.9, port 43358. */
const PEER = '097100CB:A95E';
const LISTENS = row(SSH, '00000000:0000', '0A') + row(WEB, '00000000:0000', '0A');

function start(table: string, table6 = '') {
  const machine = {
    nowMs: 0,
    tcp: (HEAD + table) as string | undefined,
    tcp6: HEAD + table6,
    looks: 0,
  };
  const connections = createSeenConnections({
    monotonicMs: () => machine.nowMs,
    readTable: (name) => {
      if (name === 'tcp') machine.looks += 1;
      return machine[name];
    },
  });
  connections.look();
  return { machine, connections };
}

describe('createSeenConnections()', () => {
  it.each([
    ['01', true],
    ['04', true],
    ['05', true],
    ['06', true],
    ['08', true],
    ['09', true],
    ['0B', true],
    // What a packet alone brings about, whose sender is what somebody wrote into it.
    ['03', false],
    ['0C', false],
    // Begun by this machine and not answered.
    ['02', false],
    ['0A', false],
  ])('createSeenConnections() takes a connection in state %s for one: %s', (state, isOne) => {
    const { connections } = start(LISTENS + row(SSH, PEER, state));
    expect(connections.has('203.0.113.9', [22])).toBe(isOne);
    expect(connections.has('203.0.113.10', [22])).toBe(false);
  });

  it('createSeenConnections() asks for the port of the service, where somebody listens at it', () => {
    const { connections } = start(LISTENS + row(WEB, PEER, '01'));
    expect(connections.has('203.0.113.9', [22])).toBe(false);
    expect(connections.has('203.0.113.9', [22, 443])).toBe(true);
    expect(connections.has('203.0.113.9')).toBe(true);
    expect(connections.has('203.0.113.9', [2222])).toBe(true);
  });

  it('createSeenConnections() reads IPv6, and IPv4 inside it, as events write them', () => {
    const local = '00000000000000000000000000000000:0016';
    const { connections } = start(
      '',
      row(local, `${'0'.repeat(32)}:0000`, '0A') +
        row(local, 'B80D0120000000000000000001000000:A95E', '01') +
        row(local, '0000000000000000FFFF0000097100CB:A95E', '06'),
    );
    expect(connections.has('2001:db8::1', [22])).toBe(true);
    expect(connections.has('203.0.113.9', [22])).toBe(true);
  });

  it('createSeenConnections() remembers what is over for five minutes', () => {
    const { machine, connections } = start(LISTENS + row(SSH, PEER, '01'));
    machine.tcp = HEAD + LISTENS;
    machine.nowMs = 299_000;
    connections.look();
    expect(connections.has('203.0.113.9', [22])).toBe(true);
    machine.nowMs = 300_001;
    expect(connections.has('203.0.113.9', [22])).toBe(false);
  });

  it('createSeenConnections() says when nobody can look, and reads nonsense as nothing', () => {
    const { machine, connections } = start('x\n\n 1: a b c\n');
    expect([connections.canSee(), connections.has('203.0.113.9')]).toEqual([true, false]);
    machine.tcp = undefined;
    machine.nowMs = 1;
    connections.look();
    expect([connections.has('203.0.113.9'), connections.canSee()]).toEqual([false, false]);
  });

  it('createSeenConnections() looks a tenth of the time at most', () => {
    const machine = { nowMs: 0, looks: 0 };
    const connections = createSeenConnections({
      monotonicMs: () => machine.nowMs,
      readTable: (name) => {
        if (name === 'tcp') machine.looks += 1;
        machine.nowMs += 5;
        return HEAD;
      },
    });
    const look = () => {
      connections.look();
      connections.has('203.0.113.9');
      return machine.looks;
    };
    expect(look()).toBe(1);
    machine.nowMs += 44;
    expect(look()).toBe(1);
    machine.nowMs += 1;
    expect(look()).toBe(2);
  });

  it('createSeenConnections() looks once for a batch, and not for those it saw a moment ago', () => {
    const { machine, connections } = start(LISTENS + row(SSH, PEER, '01'));
    const looksOf = (address?: string, ports?: number[]) => {
      const before = machine.looks;
      machine.nowMs += 1;
      connections.look();
      if (address !== undefined)
        for (let line = 0; line < 3; line += 1) connections.has(address, ports);
      return machine.looks - before;
    };
    expect(looksOf('203.0.113.9', [22])).toBe(0);
    expect(looksOf('203.0.113.9')).toBe(0);
    // Seen at another port only, not seen at all, at a port where nobody listened until now.
    expect(looksOf('203.0.113.9', [443])).toBe(1);
    expect(looksOf('203.0.113.10', [22])).toBe(1);
    expect(looksOf('203.0.113.9', [2222])).toBe(1);
    machine.nowMs += 5000;
    expect(looksOf('203.0.113.9', [22])).toBe(1);
    expect(looksOf('203.0.113.9', [22])).toBe(0);
    // Lines of others: who is here now may be gone when his own line comes.
    expect(looksOf()).toBe(0);
    machine.nowMs += 5000;
    expect(looksOf()).toBe(1);
  });

  it('createSeenConnections() asks for the port of a service that begins to listen', () => {
    const { machine, connections } = start(row(WEB, '00000000:0000', '0A') + row(WEB, PEER, '01'));
    expect(connections.has('203.0.113.9', [22])).toBe(true);
    machine.tcp = HEAD + LISTENS + row(WEB, PEER, '01');
    machine.nowMs = 1;
    connections.look();
    expect(connections.has('203.0.113.9', [22])).toBe(false);
  });
});
