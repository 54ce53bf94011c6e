/**
 * Who holds a token, and what he may do with it. People have two tokens (act, look), services one for each
 * pair of them. Tokens are kept as digests and compared in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isTokenDigest, PERMISSIONS, weaknessOfToken, type Permission } from '@mini-soc/model';

export interface Holder {
  /** `operator`, `viewer`, the name of a service, `local command line`, or `anybody` where no token is set. */
  readonly name: string;
  readonly may: readonly Permission[];
  readonly isService: boolean;
}

/** A token of a service that calls this one. */
export interface CallerToken {
  readonly name: string;
  readonly token: string;
  readonly may: readonly Permission[];
}

export interface AccessOptions {
  /** Of people who may do everything; empty: whoever reaches the port may. */
  readonly token: string;
  /** Of people who may look; none when empty. */
  readonly lookToken?: string;
  readonly callers?: readonly CallerToken[];
}

export interface KnownToken {
  readonly holder: Holder;
  /** It cannot be guessed. */
  readonly isStrong: boolean;
}

export interface Access {
  /** No token is asked for. */
  readonly isOpen: boolean;
  /** Whose it is; takes the same time for every token. */
  readonly find: (token: string) => KnownToken | undefined;
}

/** Who comes over a socket that only the owner can open. */
export const LOCAL_HOLDER: Holder = {
  name: 'local command line',
  may: PERMISSIONS,
  isService: false,
};
/** Whoever reaches the port, where no token is set. */
export const ANYBODY: Holder = { name: 'anybody', may: PERMISSIONS, isService: false };
const OPERATOR: Holder = { name: 'operator', may: PERMISSIONS, isService: false };
const VIEWER: Holder = { name: 'viewer', may: ['look'], isService: false };

export function createAccess(options: AccessOptions): Access {
  const { token, lookToken = '', callers = [] } = options;
  const known: { readonly digest: Buffer; readonly found: KnownToken }[] = [];
  const add = (text: string, holder: Holder): void => {
    if (text === '') return;
    const digest = isTokenDigest(text)
      ? Buffer.from(text.slice('sha256:'.length), 'hex')
      : digestOf(text);
    known.push({ digest, found: { holder, isStrong: weaknessOfToken(text) === undefined } });
  };
  add(token, OPERATOR);
  add(lookToken, VIEWER);
  for (const { name, token: own, may } of callers) add(own, { name, may, isService: true });
  return {
    isOpen: token === '',
    find(given) {
      const digest = digestOf(given);
      let found: KnownToken | undefined;
      for (const one of known) if (timingSafeEqual(digest, one.digest)) found = one.found;
      return given === '' ? undefined : found;
    },
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
