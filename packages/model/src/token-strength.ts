/** Whether a token can be guessed: one judgement for every way of running. */

/** As `openssl rand -hex 16` has them, and more. */
const SHORTEST = 32;
/** Words of examples: a token with one of them was copied, not made. */
const EXAMPLE = /change|example|default|password|secret|token|your|12345|abcdef/i;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** A token of which only the digest is known here: it can be checked, not shown. */
export function isTokenDigest(token: string): boolean {
  return DIGEST.test(token);
}

/** Undefined for a token that cannot be guessed; else what is wrong with it. A digest says nothing of its token. */
export function weaknessOfToken(token: string): string | undefined {
  if (isTokenDigest(token)) return undefined;
  if (token.length < SHORTEST)
    return `Expected at least ${SHORTEST} characters: it has ${token.length}`;
  if (EXAMPLE.test(token) || new Set(token).size < 8)
    return 'Expected a random token: current value can be guessed';
  return undefined;
}
