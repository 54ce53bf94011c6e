import { describe, expect, it } from 'vitest';
import { parseLine } from './parse-line.ts';

const keyOf = (message: string): string | undefined => {
  const event = parseLine(`Nov 21 11:00:00 web01 sshd[7]: ${message}`, {
    arrivalMs: Date.UTC(2026, 10, 21, 12),
    zoneOffsetMinutes: () => 0,
  });
  expect(event?.source_ip).toBe('203.0.113.7');
  return event?.key_fingerprint;
};
const SHA256 = `SHA256:${'Ab0+/'.repeat(8)}xyz`;
const MD5 = Array.from({ length: 16 }, (_none, n) => `a${n.toString(16)}`).join(':');

describe('key_fingerprint', () => {
  it.each<[string, string, string | undefined]>([
    ['of today', `publickey for a from 203.0.113.7 port 4 ssh2: ED25519 ${SHA256}`, SHA256],
    [
      'of a security key',
      `publickey for a from 203.0.113.7 port 4 ssh2: RSA ${SHA256}=`,
      `${SHA256}=`,
    ],
    ['of old servers', `publickey for a from 203.0.113.7 port 4 ssh2: RSA ${MD5}`, MD5],
    [
      'of old servers with a name',
      `publickey for a from 203.0.113.7 port 4 ssh2: RSA MD5:${MD5}`,
      `MD5:${MD5}`,
    ],
    [
      'of a user with a key for a name',
      `publickey for ssh2: RSA ${SHA256} from 203.0.113.7 port 4 ssh2: RSA ${MD5}`,
      MD5,
    ],
    ['not of a password', `password for a from 203.0.113.7 port 4 ssh2`, undefined],
    ['not of a server that says none', `publickey for a from 203.0.113.7 port 4 ssh2`, undefined],
    [
      "not of a certificate, whose id is anybody's text",
      `publickey for a from 203.0.113.7 port 4 ssh2: RSA-CERT ${SHA256} ID x (serial 0) CA RSA ${SHA256}`,
      undefined,
    ],
    [
      'not with something behind it',
      `publickey for a from 203.0.113.7 port 4 ssh2: RSA ${SHA256} x`,
      undefined,
    ],
    ['not a text of any kind', `publickey for a from 203.0.113.7 port 4 ssh2: RSA x:y`, undefined],
  ])('%s', (_what, message, key) => {
    expect(keyOf(`Accepted ${message}`)).toBe(key);
    expect(keyOf(`Failed ${message}`)).toBe(key);
  });
});
