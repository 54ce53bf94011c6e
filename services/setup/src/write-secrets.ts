/**
 * Certificates and secrets of an installation, each in the folder of the service that uses it. What is
 * there stays; what is missing is made; a certificate that ends soon or lacks a name is made anew.
 */
import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError, messageOf, SERVICE_PAIRS } from '@mini-soc/model';
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

  /** Empty when it is not there. */
  const readPresent = (member: string, name: string): Promise<string> =>
    readFile(path.join(folderOf(member), name), 'utf8').catch(() => '');

  /** The text of a secret: what is there, or what is made now. */
  const keep = async (
    member: string,
    uid: number,
    name: string,
    make: () => string | Promise<string>,
    isGood: (text: string) => boolean = () => true,
  ): Promise<string> => {
    const file = path.join(folderOf(member), name);
    const present = await readPresent(member, name);
    const good = present !== '' && isGood(present);
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
    const authority = await keepPair(
      SETUP,
      1000,
      'ca',
      () => makeAuthority('mini-SOC installation', now),
      isAuthority,
    );
    const token = await keep(SETUP, 1000, 'api_token', secret);
    const elastic = await keep(SETUP, 1000, 'elastic_password', secret);
    const pairs = new Map<string, string>();
    for (const { caller, called } of SERVICE_PAIRS)
      pairs.set(
        `${caller} ${called}`,
        await keep(SETUP, 1000, `token_${caller}_${called}`, secret),
      );
    for (const member of options.members) {
      await openFolder(member.name, member.uid);
      await put(member, 'ca.crt', authority.certificate);
      if (member.answers === true) await certify(member, authority);
      if (member.token !== undefined) {
        const known = member.token === 'shown' ? token : digestOf(token);
        await put(member, 'api_token', known);
        await putPairs(member, pairs);
      }
      if (member.user !== undefined) {
        const password = await keep(SETUP, 1000, `password_${member.user.name}`, secret);
        await put(member, 'elasticsearch_password', password);
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

  async function put(member: Member, name: string, text: string): Promise<void> {
    await keep(
      member.name,
      member.uid,
      name,
      () => text,
      (present) => present === text,
    );
  }

  /** What this service shows to others, and what others show to it. */
  async function putPairs(member: Member, pairs: ReadonlyMap<string, string>): Promise<void> {
    const wordsOf = (own: 'caller' | 'called', other: 'caller' | 'called') =>
      SERVICE_PAIRS.filter((pair) => pair[own] === member.name)
        .map((pair) => `${pair[other]}:${pairs.get(`${pair.caller} ${pair.called}`) ?? ''}`)
        .join(',');
    for (const [name, words] of [
      ['call_tokens', wordsOf('caller', 'called')],
      ['caller_tokens', wordsOf('called', 'caller')],
    ] as const)
      if (words !== '') await put(member, name, words);
  }

  /**
   * The key is written first: whoever dies in between leaves a key that its certificate does not fit, which
   * the next run sees, or no certificate at all.
   */
  async function keepPair(
    member: string,
    uid: number,
    name: string,
    make: () => Promise<KeyPair>,
    isGood: (present: KeyPair) => boolean,
  ): Promise<KeyPair> {
    const present = {
      certificate: await readPresent(member, `${name}.crt`),
      key: await readPresent(member, `${name}.key`),
    };
    const pair = isGood(present) ? present : await make();
    for (const [file, wanted] of [
      [`${name}.key`, pair.key],
      [`${name}.crt`, pair.certificate],
    ] as const)
      await keep(
        member,
        uid,
        file,
        () => wanted,
        (text) => text === wanted,
      );
    return pair;
  }

  function isAuthority({ certificate, key }: KeyPair): boolean {
    if (certificate !== '' && key === '')
      throw new UsageError(
        `Cannot sign certificates: "ca.key" is missing beside "ca.crt" in "${folderOf(SETUP)}" (restore it, or remove both for a new authority)`,
      );
    return certificate !== '';
  }

  async function certify(member: Member, authority: KeyPair): Promise<void> {
    const names = [
      member.name,
      'localhost',
      '127.0.0.1',
      ...(member.name === 'console' ? options.consoleNames : []),
    ];
    await keepPair(
      member.name,
      member.uid,
      'tls',
      () => issueCertificate(authority, names, now),
      (present) => isStillGood(present, authority.certificate, names, now),
    );
  }
}

/** By which a service knows a token that it cannot show. */
function digestOf(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

/** 256 random bits. */
function secret(): string {
  return randomBytes(32).toString('base64url');
}

function isStillGood(
  pair: KeyPair,
  authority: string,
  names: readonly string[],
  now: Date,
): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate);
    return (
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
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
