import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeAuthority } from '../test/make-certificates.ts';
import { createHttpApp } from './http-app.ts';
import { requestJson } from './request-json.ts';
import { readTls } from './tls.ts';

const NOW = new Date();

async function write(files: Readonly<Record<string, string>>): Promise<(name: string) => string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'soc-tls-'));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return (name) => path.join(folder, name);
}

const settings = (cert: string, key: string, ca = '') => ({
  TLS_CERT_FILE: cert,
  TLS_KEY_FILE: key,
  TLS_CA_FILE: ca,
});

describe('readTls()', () => {
  it('readTls() gives what two services need to speak TLS, and only with their own authority', async () => {
    const authority = await makeAuthority();
    const { cert, key } = await authority.issue(['localhost', 'response']);
    const file = await write({
      cert,
      key,
      ca: authority.certificate,
      other: (await makeAuthority()).certificate,
    });
    const own = await readTls(settings(file('cert'), file('key'), file('ca')), NOW);
    const foreign = await readTls(settings('', '', file('other')), NOW);
    const app = await createHttpApp({
      name: 'response',
      version: '0.1.0',
      logger: pino({ level: 'silent' }),
      token: 'secret',
      ready: async () => ({ ready: true, parts: {} }),
      ...(own.server === undefined ? {} : { tls: own.server }),
    });
    const url = (await app.listen({ host: '127.0.0.1', port: 0 })).replace(
      '127.0.0.1',
      'localhost',
    );
    const ask = (fetch: typeof own.fetch, address = url) =>
      requestJson(`${address}/health`, {
        token: 'secret',
        timeoutMs: 5000,
        answer: z.looseObject({ service: z.string() }),
        fetch,
      });
    try {
      expect(url).toMatch(/^https:/);
      await expect(ask(own.fetch)).resolves.toMatchObject({ service: 'response' });
      await expect(ask(foreign.fetch)).rejects.toThrow('Cannot reach');
      await expect(ask(undefined)).rejects.toThrow('Cannot reach');
      // The certificate names no address.
      await expect(ask(own.fetch, url.replace('localhost', '127.0.0.1'))).rejects.toThrow(
        'Cannot reach',
      );
    } finally {
      await app.close();
    }
  });

  it('readTls() gives nothing when nothing is set', async () => {
    expect(await readTls(settings('', ''), NOW)).toEqual({});
  });

  it('readTls() refuses what cannot work, in one sentence that names the setting', async () => {
    const authority = await makeAuthority();
    const { cert, key } = await authority.issue(['localhost']);
    const old = await authority.issue(['localhost'], new Date(NOW.getTime() - 1000));
    const file = await write({
      cert,
      key,
      text: 'hello',
      'other-key': (await authority.issue(['localhost'])).key,
      'old-cert': old.cert,
      'old-key': old.key,
    });
    const faults = async (...names: Parameters<typeof settings>): Promise<unknown> =>
      readTls(settings(...names), NOW).then(
        () => 'was accepted',
        (error: { faults?: unknown }) => error.faults,
      );
    expect(await faults(file('cert'), '')).toEqual([
      expect.stringMatching(/^TLS_KEY_FILE {2}Expected both/),
    ]);
    expect(await faults('', file('key'))).toEqual([
      expect.stringMatching(/^TLS_CERT_FILE {2}Expected both/),
    ]);
    expect(await faults('/no/such/file', file('key'))).toEqual([
      expect.stringMatching(/^TLS_CERT_FILE {2}Cannot read the file: ENOENT/),
    ]);
    expect(await faults(file('text'), file('key'))).toEqual([
      expect.stringMatching(/^TLS_CERT_FILE {2}Expected a certificate in PEM/),
    ]);
    expect(await faults(file('cert'), file('text'))).toEqual([
      expect.stringMatching(/^TLS_KEY_FILE {2}Expected a private key in PEM/),
    ]);
    expect(await faults(file('cert'), file('other-key'))).toEqual([
      expect.stringMatching(/^TLS_KEY_FILE {2}Expected the key of the certificate/),
    ]);
    expect(await faults(file('old-cert'), file('old-key'))).toEqual([
      expect.stringMatching(/^TLS_CERT_FILE {2}Expected a certificate that is valid/),
    ]);
    expect(await faults('', '', file('text'))).toEqual([
      expect.stringMatching(/^TLS_CA_FILE {2}Expected a certificate in PEM/),
    ]);
  });
});
