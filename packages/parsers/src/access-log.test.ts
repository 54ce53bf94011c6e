import { describe, it } from 'vitest';
import { ATTACKER, expectFields, parse, VICTIM, type Wish } from '../test/hostile-line.ts';

describe('parseLine() of access logs with fields of their own', () => {
  const HEAD = '- - [21/Nov/2026:03:40:24 +0000] "GET /a HTTP/1.1" 404';
  const AGENT = '"https://r.example.org/" "curl/8"';

  it.each<[string, string, Wish]>([
    ['address and port', `${ATTACKER}:51234 ${HEAD} 5 ${AGENT}`, { source_port: 51234 }],
    ['IPv6 and port', `[2001:db8::7]:51234 ${HEAD} 5 ${AGENT}`, { source_ip: '2001:db8::7' }],
    [
      'a chain with ports',
      `${VICTIM}:1, ${ATTACKER}:2 ${HEAD} 5 ${AGENT}`,
      { source_ip: ATTACKER, source_port: 2 },
    ],
    [
      'a virtual host that is an address',
      `192.0.2.1:443 ${ATTACKER} ${HEAD} 5 ${AGENT}`,
      { source_ip: ATTACKER, http_host: '192.0.2.1' },
    ],
    ['a quote around the line', `"${ATTACKER} ${HEAD} 5 ${AGENT}"`, { bytes: 5 }],
    ['no size', `${ATTACKER} ${HEAD} ${AGENT}`, { bytes: undefined }],
    ['bytes in and out', `h:443 ${ATTACKER} ${HEAD} 5 512 1203 ${AGENT}`, { bytes: 5 }],
    ['seconds', `${ATTACKER} ${HEAD} 5 0.005 ${AGENT}`, { bytes: 5 }],
    ['seconds with a name', `${ATTACKER} ${HEAD} 5 rt=0.005 uct=- ${AGENT}`, { bytes: 5 }],
  ])('%s', (_name, line, wish) => {
    expectFields(parse(line), {
      source_ip: ATTACKER,
      http_status: 404,
      referrer: 'https://r.example.org/',
      user_agent: 'curl/8',
      ...wish,
    });
  });

  it('takes no text of its own format for a referrer', () => {
    expectFields(parse(`${ATTACKER} ${HEAD} 5 upstream ${AGENT}`), {
      http_status: 404,
      referrer: undefined,
      user_agent: undefined,
    });
  });
});
