/** A certificate authority and certificates of it, made for one test. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Authority {
  readonly certificate: string;
  readonly issue: (
    names: readonly string[],
    notAfter?: Date,
  ) => Promise<{ readonly cert: string; readonly key: string }>;
}

export async function makeAuthority(): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const year = (count: number) => new Date(Date.now() + count * 365 * 86_400_000);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=mini-SOC test authority',
    notBefore: year(-1),
    notAfter: year(1),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return {
    certificate: root.toString('pem'),
    async issue(names, notAfter = year(1)) {
      const own = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${names[0] ?? 'localhost'}`,
        issuer: root.subject,
        notBefore: year(-1),
        notAfter,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: 'dns', value }) as const),
          ),
        ],
      });
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey));
      const pem = key.toString('base64').replaceAll(/.{64}/g, '$&\n');
      return {
        cert: leaf.toString('pem'),
        key: `-----BEGIN PRIVATE KEY-----\n${pem}\n-----END PRIVATE KEY-----\n`,
      };
    },
  };
}
