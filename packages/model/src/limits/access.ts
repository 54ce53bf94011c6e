/** Limits of doors and of the audit: wrong tokens, documents that are verified. */
import { limit, NO_CURE } from './limit.ts';

export const ACCESS_LIMITS = {
  wrong_tokens_free: limit({
    part: 'service-kit',
    value: 5,
    unit: 'tokens',
    tells: 'none',
    what: 'wrong tokens of an address in a minute that are answered at once',
    cut: 'each further one waits for the one before it, one a second; a right one that cannot be guessed does not',
    cure: 'look who guesses: the log has the address',
  }),
  wrong_tokens_waiting: limit({
    part: 'service-kit',
    value: 10,
    unit: 'tokens',
    tells: 'refuse',
    what: 'tokens of an address that wait because wrong ones came before',
    cut: 'a token was refused without being looked at (TOO_MANY_TOKENS)',
    cure: 'look who guesses: the log has the address',
  }),
  token_addresses: limit({
    part: 'service-kit',
    value: 10_000,
    unit: 'addresses',
    tells: 'count',
    what: 'addresses whose wrong tokens are remembered',
    cut: 'the address that was seen longest ago may try again without waiting',
    cure: NO_CURE,
  }),
  verified_documents: limit({
    part: 'response',
    value: 1000,
    unit: 'documents',
    tells: 'none',
    what: 'newest documents of the audit trail whose chain is followed by `soc audit verify` and at the start',
    cut: 'older documents are not looked at',
    cure: NO_CURE,
  }),
} as const;
