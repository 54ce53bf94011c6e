/** Certificates: those a service answers with, and the authority by which it trusts others. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigError, messageOf, type Settings } from '@mini-soc/model';
import { Agent, fetch as fetchThrough, type RequestInit } from 'undici';
import type { Fetch } from './fetch.ts';

/** PEM texts of what a service answers with. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
}

export interface TlsParts {
  /** Absent: plain http. */
  readonly server?: ServerTls;
  /** Absent: the authorities of Node, by the global fetch. */
  readonly fetch?: Fetch;
}

type TlsSettings = Pick<Settings, 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'TLS_CA_FILE'>;

/** Throws ConfigError: a file cannot be read, is not what it should be, or does not fit the other. */
export async function readTls(settings: TlsSettings, now: Date): Promise<TlsParts> {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CA_FILE: caFile } = settings;
  if ((certFile === '') !== (keyFile === ''))
    throw new ConfigError([
      `${certFile === '' ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'}  Expected both certificate and key, or neither: variable is not set`,
    ]);
  const server = certFile === '' ? undefined : await readServer(certFile, keyFile, now);
  const ca = caFile === '' ? undefined : await readAuthority('TLS_CA_FILE', caFile);
  return {
    ...(server === undefined ? {} : { server }),
    ...(ca === undefined ? {} : { fetch: createTrustingFetch(ca) }),
  };
}

/** The text of a certificate authority's file. Throws ConfigError naming the setting. */
export async function readAuthority(
  name: 'TLS_CA_FILE' | 'ELASTICSEARCH_CA_FILE' | 'KIBANA_CA_FILE',
  file: string,
): Promise<string> {
  const text = await readPem(name, file);
  parseCertificate(name, file, text);
  return text;
}

/** A fetch that trusts this authority and no other. */
export function createTrustingFetch(ca: string): Fetch {
  const dispatcher = new Agent({ connect: { ca }, keepAliveTimeout: 4000 });
  // The same interface, declared once by Node and once by undici.
  return (async (input: string | URL, init: RequestInit = {}) =>
    fetchThrough(input, { ...init, dispatcher })) as unknown as Fetch;
}

async function readServer(certFile: string, keyFile: string, now: Date): Promise<ServerTls> {
  const cert = await readPem('TLS_CERT_FILE', certFile);
  const key = await readPem('TLS_KEY_FILE', keyFile);
  const certificate = parseCertificate('TLS_CERT_FILE', certFile, cert);
  let fits: boolean;
  try {
    fits = certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new ConfigError([`TLS_KEY_FILE  Expected a private key in PEM: "${keyFile}" has none`]);
  }
  if (!fits)
    throw new ConfigError([
      `TLS_KEY_FILE  Expected the key of the certificate in "${certFile}": "${keyFile}" has another`,
    ]);
  if (new Date(certificate.validTo) <= now)
    throw new ConfigError([
      `TLS_CERT_FILE  Expected a certificate that is valid: "${certFile}" ended on ${certificate.validTo}`,
    ]);
  return { cert, key };
}

async function readPem(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`${name}  Cannot read the file: ${messageOf(error)}`]);
  }
}

function parseCertificate(name: string, file: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new ConfigError([`${name}  Expected a certificate in PEM: "${file}" has none`]);
  }
}
