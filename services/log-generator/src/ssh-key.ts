/** Keys that users log in with: everybody keeps the same one. */
import { createHash } from 'node:crypto';

/** What sshd writes behind `ssh2` of the user's key. */
export function sshKeyOf(user: string): string {
  const fingerprint = createHash('sha256').update(user).digest('base64').replace(/=+$/, '');
  return `ED25519 SHA256:${fingerprint}`;
}
