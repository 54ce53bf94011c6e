/**
 * Certificates and secrets of an installation, each in the folder of the service that uses it. What is
 * there stays; what is missing is made; a certificate that ends soon or lacks a name is made anew.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError, messageOf } from '@mini-soc/model';
import type { Member } from './installation.ts';
import { issueCertificate, makeAuthority, type KeyPair } from './make-certificates.ts';

export interface WriteSecretsOptions {
  readonly directory: string;
  readonly members: readonly Member[];
  /** Further names and addresses of the console, such as the host's. */
  readonly consoleNames: readonly string[];
  readonly now: Date;
  /** Owners cannot be set by a user that is not root; for tests. */
  readonly setOwners?: boolean;
}

export interface SecretsReport {
  readonly made: readonly string[];
  readonly kept: number;
}

const SETUP = 'setup';
const RENEW_BEFORE_MS = 30 * 86_400_000;

/** Throws UsageError when the folder cannot be written. Idempotent. */
export async function writeSecrets(options: WriteSecretsOptions): Promise<SecretsReport> {
  const { directory, now } = options;
  const made: string[] = [];
  let kept = 0;
  const folderOf = (name: string) => path.join(directory, name);

  /** The text of a secret: what is there, or what is made now. */
  const keep = async (
    member: string,
    uid: number,
    name: string,
    make: () => string | Promise<string>,
    isGood: (text: string) => boolean = () => true,
  ): Promise<string> => {
    const file = path.join(folderOf(member), name);
    const present = await readFile(file, 'utf8').catch(() => undefined);
    const good = present !== undefined && present !== '' && isGood(present);
    const text = good ? present : await make();
    if (good) kept += 1;
    else {
      made.push(`${member}/${name}`);
      await writeFile(`${file}.new`, text, { mode: 0o400 });
      await rename(`${file}.new`, file);
    }
    await chmod(file, 0o400);
    if (options.setOwners !== false) await chown(file, uid, uid);
    return text;
  };
  const openFolder = async (member: string, uid: number): Promise<void> => {
    await mkdir(folderOf(member), { recursive: true });
    await chmod(folderOf(member), 0o700);
    if (options.setOwners !== false) await chown(folderOf(member), uid, uid);
  };

  try {
    // The container of the set-up runs as root for this, and as nobody's service after it.
    await openFolder(SETUP, 1000);
    const authority = await keepPair('ca', () => makeAuthority('mini-SOC installation', now));
    const token = await keep(SETUP, 1000, 'api_token', secret);
    const elastic = await keep(SETUP, 1000, 'elastic_password', secret);
    for (const member of options.members) {
      await openFolder(member.name, member.uid);
      await keep(
        member.name,
        member.uid,
        'ca.crt',
        () => authority.certificate,
        (text) => text === authority.certificate,
      );
      if (member.answers === true) await certify(member, authority);
      if (member.hasToken === true)
        await keep(
          member.name,
          member.uid,
          'api_token',
          () => token,
          (text) => text === token,
        );
      if (member.user !== undefined) {
        const password = await keep(SETUP, 1000, `password_${member.user.name}`, secret);
        await keep(
          member.name,
          member.uid,
          'elasticsearch_password',
          () => password,
          (text) => text === password,
        );
      }
    }
    await keep(
      'elasticsearch',
      1000,
      'elastic_password',
      () => elastic,
      (text) => text === elastic,
    );
    const password = await readFile(
      path.join(folderOf('kibana'), 'elasticsearch_password'),
      'utf8',
    );
    await keep(
      'kibana',
      1000,
      'kibana.yml',
      () => kibanaConfiguration(password),
      (text) => text.includes(JSON.stringify(password)),
    );
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`Cannot write the secrets to "${directory}": ${messageOf(cause)}`, {
      cause,
    });
  }
  return { made, kept };

  async function keepPair(name: string, make: () => Promise<KeyPair>): Promise<KeyPair> {
    let fresh: KeyPair | undefined;
    const certificate = await keep(SETUP, 1000, `${name}.crt`, async () => {
      fresh = await make();
      return fresh.certificate;
    });
    const key = await keep(
      SETUP,
      1000,
      `${name}.key`,
      () => {
        if (fresh === undefined)
          throw new UsageError(
            `Cannot sign certificates: "${name}.key" is missing beside "${name}.crt" in "${folderOf(SETUP)}" (restore it, or remove both for a new authority)`,
          );
        return fresh.key;
      },
      () => fresh === undefined,
    );
    return { certificate, key };
  }

  async function certify(member: Member, authority: KeyPair): Promise<void> {
    const names = [
      member.name,
      'localhost',
      '127.0.0.1',
      ...(member.name === 'console' ? options.consoleNames : []),
    ];
    let fresh: KeyPair | undefined;
    const keyFile = path.join(folderOf(member.name), 'tls.key');
    const hasKey = (await readFile(keyFile, 'utf8').catch(() => '')) !== '';
    await keep(
      member.name,
      member.uid,
      'tls.crt',
      async () => {
        fresh = await issueCertificate(authority, names, now);
        return fresh.certificate;
      },
      (text) => hasKey && isStillGood(text, authority.certificate, names, now),
    );
    await keep(
      member.name,
      member.uid,
      'tls.key',
      async () => fresh?.key ?? '',
      () => fresh === undefined,
    );
  }
}

/** 256 random bits. */
function secret(): string {
  return randomBytes(32).toString('base64url');
}

function isStillGood(
  text: string,
  authority: string,
  names: readonly string[],
  now: Date,
): boolean {
  try {
    const certificate = new X509Certificate(text);
    return (
      new Date(certificate.validTo).getTime() - now.getTime() > RENEW_BEFORE_MS &&
      certificate.verify(new X509Certificate(authority).publicKey) &&
      names.every(
        (name) => (certificate.checkHost(name) ?? certificate.checkIP(name)) !== undefined,
      )
    );
  } catch {
    return false;
  }
}

/** What Kibana wants in its own file; its encryption keys are this installation's alone. */
function kibanaConfiguration(password: string): string {
  const value = (text: string) => JSON.stringify(text);
  return [
    'server.name: kibana',
    'server.host: 0.0.0.0',
    'server.ssl.enabled: true',
    'server.ssl.certificate: /run/secrets/mini-soc/tls.crt',
    'server.ssl.key: /run/secrets/mini-soc/tls.key',
    'elasticsearch.hosts: ["https://elasticsearch:9200"]',
    'elasticsearch.username: kibana_system',
    `elasticsearch.password: ${value(password)}`,
    'elasticsearch.ssl.certificateAuthorities: [/run/secrets/mini-soc/ca.crt]',
    `xpack.security.encryptionKey: ${value(secret())}`,
    `xpack.encryptedSavedObjects.encryptionKey: ${value(secret())}`,
    `xpack.reporting.encryptionKey: ${value(secret())}`,
    'telemetry.optIn: false',
    '',
  ].join('\n');
}
