import { eventSchema, parseIpAddress } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { LOG_FORMATS, parseLine } from './index.ts';

const CONTEXT = { arrivalMs: Date.parse('2026-11-21T12:00:00Z'), zoneOffsetMinutes: () => 0 };
const PEER = '198.51.100.7';
const P = 'Nov 21 03:40:00 web01 sshd[411]: ';

/** Names as an attacker would choose them: made of sshd's own words, other addresses and anything else. */
const name = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'root',
        ' ',
        '  ',
        ' from ',
        '203.0.113.9',
        ' port ',
        '22',
        ' ssh2',
        ': ',
        ':',
        '[preauth]',
        ' [preauth]',
        'invalid user ',
        'authenticating user ',
        'Accepted password for ',
        ' not allowed because ',
        '2001:db8::9',
        ' via ',
        ']',
        '" ',
        '\\',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replace(/\n/g, ''));

const TEMPLATES: readonly ((user: string) => string)[] = [
  (user) => `Failed password for ${user} from ${PEER} port 4711 ssh2`,
  (user) => `Failed password for invalid user ${user} from ${PEER} port 4711 ssh2`,
  (user) => `Failed keyboard-interactive/pam for invalid user ${user} from ${PEER} port 4711 ssh2`,
  (user) => `Invalid user ${user} from ${PEER} port 4711`,
  (user) => `Connection closed by invalid user ${user} ${PEER} port 4711 [preauth]`,
  (user) => `Connection reset by authenticating user ${user} ${PEER} port 4711 [preauth]`,
  (user) => `Disconnected from invalid user ${user} ${PEER} port 4711 [preauth]`,
  (user) =>
    `error: maximum authentication attempts exceeded for invalid user ${user} from ${PEER} port 4711 ssh2 [preauth]`,
  (user) => `Accepted password for ${user} from ${PEER} port 4711 ssh2`,
];

describe('parseLine()', () => {
  it('takes the peer of sshd lines whatever the user is called', () => {
    fc.assert(
      fc.property(name, fc.constantFrom(...TEMPLATES), (user, template) => {
        expect(parseLine(P + template(user), CONTEXT)).toMatchObject({
          source_ip: PEER,
          source_port: 4711,
        });
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('takes no other peer than the true one from lines where a client writes behind it', () => {
    const templates = [
      (text: string) => `Received disconnect from ${PEER} port 4711:11: ${text} [preauth]`,
      (text: string) =>
        `Failed publickey for ${text} from ${PEER} port 4711 ssh2: RSA SHA256:${text}`,
      (text: string) => `Disconnecting invalid user ${text} ${PEER} port 4711: ${text} [preauth]`,
      (text: string) =>
        `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${PEER}  user=${text}`,
      (text: string) =>
        `Unable to negotiate with ${PEER} port 4711: no matching cipher found. Their offer: ${text}`,
    ];
    fc.assert(
      fc.property(name, fc.constantFrom(...templates), (text, template) => {
        const source = parseLine(P + template(text), CONTEXT)?.source_ip;
        if (source !== undefined) expect(source).toBe(PEER);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('takes the peer of dropbear, vsftpd and Apache whatever the user is called', () => {
    const at = 'Nov 21 03:40:00 web01 ';
    const templates = [
      (user: string) => `${at}dropbear[4]: Bad password attempt for '${user}' from ${PEER}:4711`,
      (user: string) => `${at}dropbear[4]: Login attempt with wrong user ${user} from ${PEER}:4711`,
      (user: string) =>
        `${at}dropbear[4]: Exit before auth from <${PEER}:4711>: (user '${user}', 1 fails): x`,
      (user: string) => `${at}vsftpd[4]: [${user}] FAIL LOGIN: Client "::ffff:${PEER}"`,
      (user: string) =>
        `[Sat Nov 21 03:40:00 2026] [auth_basic:error] [pid 4] [client ${PEER}:4711] AH01618: user ${user} not found: /${user}, referer: ${user}`,
      (user: string) => `[Sat Nov 21 03:40:00 2026] [error] [client ${PEER}] ${user}`,
    ];
    fc.assert(
      fc.property(name, fc.constantFrom(...templates), (user, template) => {
        expect(parseLine(template(user), CONTEXT)).toMatchObject({ source_ip: PEER });
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it("takes no other peer than the true one from nginx's error log", () => {
    const text = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            ', client: 203.0.113.9, server: h',
            ', client: 203.0.113.9',
            ', server: ',
            '", host: "',
            '": password mismatch',
            '" was not found in "x"',
            '" failed (2: No such file or directory)',
            ', request: "',
            '"',
          ),
          name,
        ),
        { maxLength: 5 },
      )
      .map((parts) => parts.join(''));
    const templates = [
      (user: string, tail: string) => `user "${user.replace(/:/g, '')}": password mismatch${tail}`,
      (user: string, tail: string) => `access forbidden by rule${tail}${user}`,
      (user: string, tail: string) => `open() "/var/www/${user}" failed (2: No such file)${tail}`,
      (user: string, tail: string) => `lua: ${user}${tail}`,
    ];
    fc.assert(
      fc.property(text, text, fc.constantFrom(...templates), (user, header, template) => {
        const tail = `, client: ${PEER}, server: h, request: "GET /${header} HTTP/1.1", host: "h", referrer: "${header}"`;
        const source = parseLine(
          `2026/11/21 03:40:00 [error] 7#7: *1 ${template(user, tail)}`,
          CONTEXT,
        )?.source_ip;
        if (source !== undefined) expect(source).toBe(PEER);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('keeps the peer, status and size of an access line whatever the client asks for', () => {
    const escaped = (text: string) =>
      text.replace(
        /[\\"\u0000-\u001f\u007f]/g,
        (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
      );
    fc.assert(
      fc.property(name, name, name, (user, target, agent) => {
        const line = `${PEER} - ${escaped(user) || '-'} [21/Nov/2026:03:40:27 +0000] "GET /${escaped(target)} HTTP/1.1" 404 153 "-" "${escaped(agent)}"`;
        expect(parseLine(line, CONTEXT)).toMatchObject({
          source_ip: PEER,
          http_status: 404,
          bytes: 153,
          http_method: 'GET',
          '@timestamp': '2026-11-21T03:40:27.000Z',
        });
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it('never throws, and whatever it makes is a valid event with a valid address', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      name.map((text) => P + text),
      name.map((text) => `Nov 21 03:40:00 h ${text}`),
      fc.json(),
      name,
    );
    fc.assert(
      fc.property(line, fc.constantFrom(...LOG_FORMATS), (text, format) => {
        const event = parseLine(text, { ...CONTEXT, format });
        if (event === undefined) return;
        eventSchema.parse({ ...event, event_id: 'x' });
        for (const address of [event.source_ip, event.destination_ip])
          if (address !== undefined) expect(parseIpAddress(address)).toBe(address);
      }),
      { numRuns: propertyRuns(5000) },
    );
  });

  it.each([
    ' from',
    '- - [',
    '\\x22',
    ' ; COMMAND=',
    ' SRC=',
    ' port 1',
    ', client: ',
    ' rhost=',
    ' ',
    '"',
    '] ',
  ])('F10: 100 KB of %j come to an end and name nobody', (part) => {
    for (const head of [
      P,
      '',
      '[Sat Nov 21 03:40:00 2026] [error] ',
      '2026/11/21 03:40:00 [error] 7#7: *1 ',
    ])
      expect(
        parseLine(head + part.repeat(Math.ceil(100_000 / part.length)), CONTEXT)?.source_ip,
      ).toBeUndefined();
  });
});
