import { describe, expect, it } from 'vitest';
import { ATTACKER, expectFields, parse, VICTIM, type Wish } from '../test/hostile-line.ts';

const DROP: Wish = {
  log_type: 'firewall',
  action: 'firewall_drop',
  status: 'blocked',
  source_ip: ATTACKER,
  destination_ip: '192.0.2.9',
  protocol: 'tcp',
  destination_port: 22,
};
const H = 'Nov 21 03:40:00 fw01 ';
const REST = `MAC=00 SRC=${ATTACKER} DST=192.0.2.9 LEN=44 PROTO=TCP SPT=4711 DPT=22 WINDOW=1 SYN URGP=0`;

describe('parseLine() of packets', () => {
  it.each<[string, string, Wish]>([
    ['UFW', `${H}kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= ${REST}`, { tcp_flags: 'SYN' }],
    ['a prefix glued', `${H}kernel: IPT-DROPIN=eth0 OUT= ${REST}`, { interface_in: 'eth0' }],
    ['OpenWrt', `${H}kernel: [10051.313745] DROP(src wan)IN=eth0 OUT= ${REST}`, {}],
    ['firewalld', `${H}kernel: "filter_IN_public_REJECT: "IN=eth0 OUT= ${REST}`, {}],
    [
      'firewalld, with the processor',
      `${H}kernel: [17748.074339][    C0] "filter_IN_public_DROP: "IN=eth0 OUT= ${REST}`,
      {},
    ],
    [
      'Proxmox',
      `${H}kernel: 0 6 PVEFW-HOST-IN 20/Nov/2026:11:00:00 +0100 policy DROP: IN=enp1s0f0 ${REST}`,
      { interface_in: 'enp1s0f0' },
    ],
    ['nftables', `${H}kernel: nft drop: IN=eth0 OUT= ${REST}`, {}],
    ['a bridge', `${H}kernel: DROP IN=br0 PHYSIN=eth1 OUT= ${REST}`, { interface_in: 'br0' }],
    ['dmesg', `[    1.200000] DROP IN=eth0 OUT= ${REST}`, { flags: ['no_timestamp'] }],
    [
      'pf',
      `${H}filterlog[12]: 5,,,1000000103,em0,match,block,in,4,0x0,,64,1,0,DF,6,tcp,60,${ATTACKER},192.0.2.9,4711,22,0,S,1,,64240,,mss`,
      { tcp_flags: 'SYN', source_port: 4711, bytes: 60, interface_in: 'em0', program: 'filterlog' },
    ],
    [
      'pf, IPv6 and UDP, let through',
      `${H}filterlog[12]: 5,,,1,em0,match,pass,out,6,0x00,0x0,64,UDP,17,60,2001:db8::7,2001:db8::9,4711,53,40`,
      {
        action: 'firewall_allow',
        status: 'allowed',
        source_ip: '2001:db8::7',
        destination_ip: '2001:db8::9',
        destination_port: 53,
        protocol: 'udp',
        interface_out: 'em0',
      },
    ],
    [
      'pf, ICMP',
      `${H}filterlog[12]: 5,,,1,em0,match,block,in,4,0x0,,64,1,0,none,1,icmp,84,${ATTACKER},192.0.2.9,request,1,2`,
      { protocol: 'icmp', destination_port: undefined },
    ],
    [
      'ASA',
      `${H}%ASA-4-106023: Deny tcp src outside:${ATTACKER}/4711 dst inside:192.0.2.9/22 by access-group "a" [0x0, 0x0]`,
      { source_port: 4711, interface_in: 'outside' },
    ],
    [
      'ASA with its own time and a user',
      `<164>Nov 21 2026 03:40:00: %ASA-4-106023: Deny udp src outside:${ATTACKER}/4711(LOCAL\\bob) dst inside:192.0.2.9/53 by access-group "a"`,
      { protocol: 'udp', destination_port: 53, '@timestamp': '2026-11-21T03:40:00.000Z' },
    ],
    [
      'ASA without a connection',
      `${H}%ASA-6-106015: Deny TCP (no connection) from ${ATTACKER}/443 to 192.0.2.9/22 flags RST ACK on interface outside`,
      { tcp_flags: 'RST ACK', source_port: 443 },
    ],
    [
      'ASA, inbound',
      `${H}: %ASA-2-106001: Inbound TCP connection denied from ${ATTACKER}/4711 to 192.0.2.9/22 flags SYN on interface outside`,
      { tcp_flags: 'SYN' },
    ],
    [
      'ASA, a list',
      `${H}%ASA-6-106100: access-list out denied tcp outside/${ATTACKER}(4711) -> inside/192.0.2.9(22) hit-cnt 1 first hit`,
      {},
    ],
    [
      'ASA, ICMP',
      `${H}%ASA-3-106014: Deny inbound icmp src outside:${ATTACKER} dst inside:192.0.2.9 (type 8, code 0)`,
      { protocol: 'icmp', destination_port: undefined },
    ],
    [
      'MikroTik',
      `${H}firewall,info drop input: in:ether1 out:(unknown 0), connection-state:new src-mac 00:00:5e:00:53:01, proto TCP (SYN), ${ATTACKER}:4711->192.0.2.9:22, len 44`,
      { tcp_flags: 'SYN', bytes: 44, interface_out: undefined },
    ],
    [
      'MikroTik, no word of what was done',
      `${H}firewall,info input: in:ether1 out:(unknown 0), proto UDP, ${ATTACKER}:4711->192.0.2.9:53, len 44`,
      { action: 'firewall', status: 'info', protocol: 'udp', destination_port: 53 },
    ],
    [
      'FortiGate',
      `date=2026-11-21 time=03:40:00 devname="FG" type="traffic" subtype="local" srcip=${ATTACKER} srcport=4711 srcintf="wan1" dstip=192.0.2.9 dstport=22 proto=6 action="deny" tz="+0100"`,
      { '@timestamp': '2026-11-21T02:40:00.000Z', interface_in: 'wan1' },
    ],
    [
      'FortiGate behind a header, a value that plays a name',
      `${H}date=2026-11-21 time=03:40:00 user="x srcip=${VICTIM} " type="traffic" srcip=${ATTACKER} srcport=4711 dstip=192.0.2.9 dstport=22 proto=6 action="deny"`,
      {},
    ],
  ])('%s', (_name, line, wish) => expectFields(parse(line), { ...DROP, ...wish }));

  it.each([
    ['no address', `${H}kernel: DROP IN=eth0 OUT= SRC=x DST=192.0.2.9 PROTO=TCP`],
    ['another name that ends so', `${H}kernel: LOGIN=bob MAIN=1 SRC=${ATTACKER} DST=192.0.2.9`],
    ['a message of ASA that is no packet', `${H}%ASA-6-605005: Login permitted from ${ATTACKER}/1`],
    ['an arrow in a sentence', `${H}app: moved in:a out:b, from ${ATTACKER}->192.0.2.9`],
    ['no traffic', `date=2026-11-21 time=03:40:00 type="event" srcip=${ATTACKER} dstip=192.0.2.9`],
  ])('no packet: %s', (_name, line) => {
    expect(parse(line)?.log_type).not.toBe('firewall');
  });
});
