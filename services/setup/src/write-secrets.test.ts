import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSettings, SERVICE_PAIRS } from '@mini-soc/model';
import { refuseOpenDoors, usesOf } from '@mini-soc/service-kit';
import { describe, expect, it } from 'vitest';
import { MEMBERS } from './installation.ts';
import { writeSecrets, type SecretsReport } from './write-secrets.ts';

const NOW = new Date('2026-03-01T00:00:00Z');
const DAY_MS = 86_400_000;

async function newInstallation({ isRun = true, members = MEMBERS } = {}) {
  const directory = await mkdtemp(path.join(tmpdir(), 'soc-setup-'));
  const run = (now = NOW, consoleNames: readonly string[] = []): Promise<SecretsReport> =>
    writeSecrets({ directory, members, consoleNames, now, setOwners: false });
  const read = (file: string) => readFile(path.join(directory, file), 'utf8');
  return { directory, run, read, first: isRun ? await run() : { made: [], kept: 0 } };
}

describe('writeSecrets()', () => {
  it('writeSecrets() makes every secret once and keeps all the second time', async () => {
    const { run, read, first } = await newInstallation();
    expect(first.kept).toBe(0);
    const token = await read('console/api_token');
    expect(token).toMatch(/^[\w-]{43}$/);
    const digest = `sha256:${createHash('sha256').update(token).digest('hex')}`;
    for (const name of ['detection', 'response', 'enricher'])
      expect(await read(`${name}/api_token`)).toBe(digest);
    const second = await run();
    expect(second).toEqual({ made: [], kept: first.made.length });
    expect(await read('console/api_token')).toBe(token);
  });

  it('writeSecrets() makes a token for each pair of services, which nobody else has', async () => {
    const { directory, read } = await newInstallation();
    const wordsOf = async (file: string) =>
      (await read(file).catch(() => '')).split(',').filter((word) => word !== '');
    const shown: string[] = [];
    const tokens = new Set<string>();
    for (const { name } of MEMBERS)
      for (const word of await wordsOf(`${name}/call_tokens`)) {
        const [called = '', token = ''] = word.split(':');
        expect(token).toMatch(/^[\w-]{43}$/);
        expect(await wordsOf(`${called}/caller_tokens`)).toContain(`${name}:${token}`);
        shown.push(`${name} ${called}`);
        tokens.add(token);
      }
    expect(shown.toSorted()).toEqual(
      SERVICE_PAIRS.map(({ caller, called }) => `${caller} ${called}`).toSorted(),
    );
    expect(tokens.size).toBe(SERVICE_PAIRS.length);
    for (const { name } of MEMBERS)
      for (const file of await readdir(path.join(directory, name))) {
        const text = await read(`${name}/${file}`);
        const isPair = ['call_tokens', 'caller_tokens'].includes(file);
        expect([name, file, !isPair && [...tokens].some((one) => text.includes(one))]).toEqual([
          name,
          file,
          false,
        ]);
      }
  });

  it('writeSecrets() gives each service tokens with which it starts in production', async () => {
    const { read } = await newInstallation();
    for (const { name } of MEMBERS.filter((member) => member.token !== undefined)) {
      const settings = parseSettings({
        PRODUCTION: 'true',
        API_TOKEN: await read(`${name}/api_token`),
        CALL_TOKENS: await read(`${name}/call_tokens`).catch(() => ''),
        CALLER_TOKENS: await read(`${name}/caller_tokens`).catch(() => ''),
      });
      const { listens, service, calls } = usesOf(name as 'detection');
      const faults = await Promise.resolve()
        .then(() =>
          refuseOpenDoors(settings, {
            listens: listens === true,
            staysLocal: true,
            service: service ?? '',
            calls: calls ?? [],
          }),
        )
        .then(
          () => [],
          (error: unknown) =>
            String(error)
              .split('\n')
              .filter((line) => line.includes('TOKEN')),
        );
      expect([name, faults]).toEqual([name, []]);
    }
  });

  it('writeSecrets() gives each service its own folder, which nobody else may read', async () => {
    const { directory, read } = await newInstallation();
    const passwords = new Set<string>();
    for (const { name, user } of MEMBERS) {
      const folder = path.join(directory, name);
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      for (const file of await readdir(folder))
        expect([file, (await stat(path.join(folder, file))).mode & 0o777]).toEqual([file, 0o400]);
      if (user !== undefined) passwords.add(await read(`${name}/elasticsearch_password`));
    }
    expect(passwords.size).toBe(MEMBERS.filter((member) => member.user !== undefined).length);
    expect(await readdir(path.join(directory, 'filebeat'))).not.toContain('api_token');
  });

  it('writeSecrets() makes certificates that fit their key, their names and the one authority', async () => {
    const { run, read } = await newInstallation();
    await run(NOW, ['soc.example.org']);
    const authority = new X509Certificate(await read('console/ca.crt'));
    for (const { name } of MEMBERS.filter((member) => member.answers === true)) {
      const certificate = new X509Certificate(await read(`${name}/tls.crt`));
      expect(certificate.checkPrivateKey(createPrivateKey(await read(`${name}/tls.key`)))).toBe(
        true,
      );
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.ca).toBe(false);
      for (const host of [name, 'localhost']) expect(certificate.checkHost(host)).toBe(host);
      expect(certificate.checkHost('soc.example.org')).toBe(
        name === 'console' ? 'soc.example.org' : undefined,
      );
    }
  });

  it('writeSecrets() renews a certificate that ends within a month, and only that', async () => {
    const { run } = await newInstallation();
    const later = await run(new Date(NOW.getTime() + 800 * DAY_MS));
    expect(later.made.toSorted()).toEqual(
      MEMBERS.filter((member) => member.answers === true)
        .flatMap(({ name }) => [`${name}/tls.crt`, `${name}/tls.key`])
        .toSorted(),
    );
  });

  it('writeSecrets() makes anew what is empty or lost, together with what must fit it', async () => {
    const { directory, run, read } = await newInstallation();
    await rm(path.join(directory, 'response/tls.key'));
    await chmod(path.join(directory, 'console/api_token'), 0o600);
    await writeFile(path.join(directory, 'console/api_token'), '');
    expect((await run()).made.toSorted()).toEqual([
      'console/api_token',
      'response/tls.crt',
      'response/tls.key',
    ]);
    expect(await read('console/api_token')).toBe(await read('setup/api_token'));
  });

  it('writeSecrets() that died at any file is made good by the next run', async () => {
    const members = MEMBERS.filter((one) => ['elasticsearch', 'kibana'].includes(one.name));
    const { first } = await newInstallation({ members });
    for (const now of [NOW, new Date(NOW.getTime() + 800 * DAY_MS)])
      for (const dies of first.made) {
        const isRenewal = now !== NOW;
        if (isRenewal && !dies.includes('/tls.')) continue;
        const { directory, run, read } = await newInstallation({ isRun: isRenewal, members });
        // Where the new file would be written there is a folder: as far as here it came.
        const inTheWay = path.join(directory, `${dies}.new`);
        await mkdir(inTheWay, { recursive: true });
        await expect(run(now)).rejects.toThrow('EISDIR');
        await rm(inTheWay, { recursive: true });
        await run(now);
        const authority = new X509Certificate(await read('setup/ca.crt'));
        expect(authority.checkPrivateKey(createPrivateKey(await read('setup/ca.key')))).toBe(true);
        for (const { name } of members) {
          const certificate = new X509Certificate(await read(`${name}/tls.crt`));
          const key = createPrivateKey(await read(`${name}/tls.key`));
          expect([dies, name, certificate.checkPrivateKey(key)]).toEqual([dies, name, true]);
          expect([dies, name, certificate.verify(authority.publicKey)]).toEqual([dies, name, true]);
          expect(new Date(certificate.validTo).getTime() - now.getTime()).toBeGreaterThan(DAY_MS);
        }
        expect((await run(now)).made).toEqual([]);
      }
  });

  it('writeSecrets() refuses to go on without the key of its authority', async () => {
    const { directory, run } = await newInstallation();
    await rm(path.join(directory, 'setup/ca.key'));
    await expect(run()).rejects.toThrow('"ca.key" is missing');
  });

  it('writeSecrets() gives Kibana three random keys of its own', async () => {
    const [first, second] = [await newInstallation(), await newInstallation()];
    const keys = [await first.read('kibana/kibana.yml'), await second.read('kibana/kibana.yml')]
      .flatMap((text) => [...text.matchAll(/encryptionKey: "(.*)"/gi)])
      .map((match) => match[1] ?? '');
    expect(keys).toHaveLength(6);
    expect(new Set(keys).size).toBe(6);
    for (const key of keys) expect(key.length).toBeGreaterThanOrEqual(32);
  });
});
