export { MEMBERS } from './installation.ts';
export type { ElasticsearchUser, IndexPrivileges, Member } from './installation.ts';
export { issueCertificate, makeAuthority } from './make-certificates.ts';
export type { KeyPair } from './make-certificates.ts';
export { setUpAccess } from './set-up-access.ts';
export type { AccessOptions } from './set-up-access.ts';
export { writeSecrets } from './write-secrets.ts';
export type { SecretsReport, WriteSecretsOptions } from './write-secrets.ts';
