import { describe, expect, it } from 'vitest';
import { ATTACKER, expectFields, parse, VICTIM, type Wish } from '../test/hostile-line.ts';

const NOTICE = '[2026-11-21 03:40:00] NOTICE[1638] ';
const SECURITY = '[2026-11-21 03:40:00] SECURITY[1638] res_security_log.c: ';

describe('parseLine() of Asterisk', () => {
  it.each<[string, Wish]>([
    [
      `${NOTICE}chan_sip.c: Registration from '"100" <sip:100@192.0.2.1>' failed for '${ATTACKER}:5060' - Wrong password`,
      { action: 'phone_login', username: '100', source_port: 5060, reason: 'bad_password' },
    ],
    [
      `${NOTICE}res_pjsip/pjsip_distributor.c: Request 'INVITE' from '<sip:7@192.0.2.1>' failed for '${ATTACKER}:5060' (callid: x) - No matching endpoint found`,
      { action: 'phone_login', username: '7', reason: 'not_allowed' },
    ],
    [
      `Nov 21 03:40:00 pbx asterisk[7]: NOTICE[9]: chan_sip.c:23417 in handle_request_register: Registration from '<sip:1@x>' failed for '${ATTACKER}' - Wrong password`,
      { action: 'phone_login', username: '1', hostname: 'pbx' },
    ],
    [
      `${SECURITY}SecurityEvent="InvalidPassword",Severity="Error",Service="PJSIP",AccountID="100",SessionID="x",LocalAddress="IPV4/UDP/192.0.2.1/5060",RemoteAddress="IPV4/UDP/${ATTACKER}/5061",Challenge="y"`,
      { action: 'phone_login', username: '100', source_port: 5061 },
    ],
    [
      `${SECURITY}SecurityEvent="FailedACL",AccountID="x",RemoteAddress="IPV4/TCP/${ATTACKER}/1"`,
      { action: 'phone_event', reason: 'not_allowed' },
    ],
    [
      `${NOTICE}manager.c: ${ATTACKER} failed to authenticate as 'x ${VICTIM} failed to authenticate as 'y'`,
      { action: 'phone_login', username: `x ${VICTIM} failed to authenticate as 'y` },
    ],
    [
      `[Nov 21 03:40:00] NOTICE[7][C-0000001]: chan_sip.c: Call from '' (UDP:${ATTACKER}:5060) to extension '0044' rejected because extension not found in context 'default'.`,
      { action: 'phone_event', source_port: 5060 },
    ],
    [
      `[2026-11-21 03:40:00] WARNING[12124][C-00000001] Ext. s: "Rejecting unknown SIP connection from ${ATTACKER}:5060"`,
      { action: 'phone_event', source_port: 5060 },
    ],
    [
      `${NOTICE}chan_sip.c: Registration from 'x' failed for '${VICTIM}' - Wrong password' failed for '${ATTACKER}:5060' - Wrong password`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      `${SECURITY}SecurityEvent="InvalidAccountID",AccountID="a",RemoteAddress="IPV4/UDP/${VICTIM}/1",x="b",RemoteAddress="IPV4/UDP/${ATTACKER}/1"`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
  ])('%s', (line, wish) =>
    expectFields(parse(line), {
      '@timestamp': '2026-11-21T03:40:00.000Z',
      log_type: 'auth',
      status: 'failure',
      program: 'asterisk',
      source_ip: ATTACKER,
      ...wish,
    }),
  );

  it.each([
    `${SECURITY}SecurityEvent="SuccessfulAuth",AccountID="100",RemoteAddress="IPV4/UDP/${ATTACKER}/1"`,
    `${NOTICE}chan_sip.c: Peer '100' is now Reachable. (5ms / 2000ms)`,
    `[2026-11-21 03:40:00] VERBOSE[7] x: Registration from 'x' failed for '${ATTACKER}' - Wrong password`,
  ])('leaves what is none: %s', (line) => expect(parse(line)).toBeUndefined());
});

describe('parseLine() of BIND', () => {
  const AT = 'Nov 21 03:40:00 ns1 named[9]: ';
  it.each<[string, Wish]>([
    [
      `${AT}client @0x7f7c95c76968 ${ATTACKER}#60683 (Example.net): query (cache) 'Example.net/A/IN' denied (allow-query-cache did not match)`,
      { dns_question_name: 'example.net', dns_question_type: 'A', source_port: 60683 },
    ],
    [`${AT}client ${ATTACKER}#53: view external: query (cache) './NS/IN' denied`, {}],
    [
      "Nov 21 03:40:00 ns1 named[9]: client 198.51.100.7#53 (example.net): zone transfer 'example.net/AXFR/IN' denied",
      { dns_question_type: 'AXFR' },
    ],
    [
      `${AT}client ${ATTACKER}#53 (x): bad zone transfer request: 'example.net/IN': non-authoritative zone (NOTAUTH)`,
      { dns_question_type: undefined },
    ],
  ])('%s', (line, wish) =>
    expectFields(parse(line), {
      log_type: 'network',
      action: 'dns_refused',
      status: 'blocked',
      source_ip: ATTACKER,
      ...wish,
    }),
  );

  it.each([
    `${AT}zone example.net/IN: loaded serial 7`,
    `${AT}client ${ATTACKER}#53: query: example.net IN A + (192.0.2.1)`,
  ])('leaves what is not refused: %s', (line) => expect(parse(line)).toBeUndefined());
});
