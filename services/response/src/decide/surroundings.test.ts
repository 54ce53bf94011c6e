import { describe, expect, it } from 'vitest';
import { createSurroundings, networkOf, nextHops, urlsOf } from './surroundings.ts';
import { ip } from '../../test/response-fixture.ts';

const quiet = { sessions: () => [], networks: () => [], monotonicMs: () => 0 };

describe('createSurroundings()', () => {
  it('createSurroundings() knows the hosts of all settings that are addresses (N30)', async () => {
    const surroundings = createSurroundings({
      ...quiet,
      urls: urlsOf({
        ELASTICSEARCH_URL: 'https://es.example:9200',
        MODEL_URL: 'http://[2001:db8::50]:11434',
        CHROMA_URL: '',
        API_TOKEN: 'http://203.0.113.99',
        ENRICHER_URL: 'http://203.0.113.51:8003',
        KIBANA_URL: 'nonsense',
      }),
      resolve: async () => ['203.0.113.50', '2001:db8::51', 'no address'],
    });
    await surroundings.refresh();
    expect([...surroundings.present().addresses.keys()].toSorted()).toEqual([
      '2001:db8::50',
      '2001:db8::51',
      '203.0.113.50',
      '203.0.113.51',
    ]);
    expect(surroundings.present().addresses.get(ip('203.0.113.50'))).toEqual({
      code: 'named',
      reason: 'it is the host of ELASTICSEARCH_URL',
    });
  });

  it('createSurroundings() follows a name, and keeps what it knew when there is no answer (K12)', async () => {
    const answers: (readonly string[] | Error)[] = [
      ['203.0.113.50'],
      new Error('No answer'),
      [],
      ['203.0.113.60'],
    ];
    const surroundings = createSurroundings({
      ...quiet,
      urls: new Map([['MODEL_URL', 'http://model.example']]),
      resolve: async () => {
        const answer = answers.shift() ?? [];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    const known: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      await surroundings.refresh();
      known.push([...surroundings.present().addresses.keys()].join());
    }
    expect(known).toEqual(['203.0.113.50', '203.0.113.50', '203.0.113.50', '203.0.113.60']);
  });

  it('createSurroundings() finds how this network reaches IPv4 hosts, and keeps it when there is no answer', async () => {
    const answers: (readonly string[] | Error)[] = [
      ['192.0.0.170', '2001:db8:122:344::c000:aa', 'no address'],
      new Error('No answer'),
      ['192.0.0.170'],
    ];
    const surroundings = createSurroundings({
      ...quiet,
      urls: new Map(),
      resolveIpv4Only: async () => {
        const answer = answers.shift() ?? [];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    const known: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await surroundings.refresh();
      known.push(surroundings.present().nat64?.length ?? 0);
    }
    expect(known).toEqual([1, 1, 0]);
  });

  it('createSurroundings() asks for the routes of all tables, and lives without the program', async () => {
    const asked: string[] = [];
    const surroundings = createSurroundings({
      ...quiet,
      urls: new Map(),
      run: async (program, parameters) => {
        asked.push([program, ...parameters].join(' '));
        return parameters.includes('-4') ? '[{"dst":"default","gateway":"203.0.113.2"}]' : '[]';
      },
    });
    await surroundings.refresh();
    expect(asked).toEqual(['ip -j -4 route show table all', 'ip -j -6 route show table all']);
    expect(surroundings.present().addresses.get(ip('203.0.113.2'))?.code).toBe('gateway');
    const without = createSurroundings({
      ...quiet,
      urls: new Map(),
      run: async () => Promise.reject(new Error('no ip')),
    });
    await without.refresh();
    expect(without.present().addresses.size).toBe(0);
  });

  it('createSurroundings() sees a session that opens while an attack runs (N31)', () => {
    let nowMs = 0;
    let peers = [ip('203.0.113.7')];
    const surroundings = createSurroundings({
      urls: new Map(),
      networks: () => [],
      sessions: () => peers,
      monotonicMs: () => nowMs,
    });
    expect(surroundings.present().addresses.has(ip('203.0.113.7'))).toBe(true);
    peers = [ip('203.0.113.8')];
    nowMs = 2000;
    expect([...surroundings.present().addresses.keys()]).toEqual(['203.0.113.8']);
  });
});

describe('networkOf()', () => {
  it.each([
    ['203.0.113.77/24', '203.0.113.0/24'],
    ['203.0.113.77/25', '203.0.113.0/25'],
    ['2001:db8:77:1::5/64', '2001:db8:77:1::/64'],
    ['203.0.113.77/32', undefined],
    ['203.0.113.77/0', undefined],
    ['2001:db8::1/3', undefined],
    ['nonsense', undefined],
  ])('networkOf() makes of %s the network %s', (cidr, network) => {
    expect(networkOf(cidr)[0]?.text).toBe(network);
  });
});

describe('nextHops()', () => {
  it('nextHops() finds gateways of one way, of several, and of the other family', () => {
    const answer = JSON.stringify([
      { dst: 'default', gateway: '203.0.113.1', table: '100' },
      { dst: '10.0.0.0/8', nexthops: [{ gateway: '203.0.113.2' }, { via: { host: 'fe80::2' } }] },
      { dst: '192.0.2.0/24', via: { family: 'inet6', host: '2001:db8::3' } },
      { dst: '203.0.113.9', prefsrc: '203.0.113.10' },
    ]);
    expect(nextHops(answer)).toEqual(['203.0.113.1', '203.0.113.2', 'fe80::2', '2001:db8::3']);
  });

  it.each(['', 'null', '7', '[', '{"gateway":7}'])('nextHops() finds none in %j', (answer) => {
    expect(nextHops(answer)).toEqual([]);
  });
});
