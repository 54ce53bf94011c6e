/** Settings of the installation as a whole. */
import { setting } from './setting.ts';
import { oneOf, pairTokens, text } from './setting-values.ts';

export const INSTALLATION_SETTINGS = {
  DATA_DIR: setting(
    text().min(1),
    './data',
    'Folder for the embedded store, the ledger, registries',
  ),
  LOG_LEVEL: setting(
    oneOf(['error', 'warn', 'info', 'debug', 'silent']),
    'info',
    'error, warn, info, debug or silent',
  ),
  API_TOKEN: setting(
    text(),
    '',
    'Bearer token of people who may do everything, and between services that have none of their own; empty means none (loopback only, and not with RESPONSE_MODE=enforce). A service that only checks it may have sha256: and the digest in hex',
    true,
  ),
  API_TOKEN_LOOK: setting(
    text(),
    '',
    'Bearer token of people who may look and change nothing; empty means none',
    true,
  ),
  CALL_TOKENS: setting(
    pairTokens(),
    '',
    'What this service shows to others, such as response:TOKEN,enricher:TOKEN; where one lacks, API_TOKEN',
    true,
  ),
  CALLER_TOKENS: setting(
    pairTokens(),
    '',
    'What other services show to this one, such as detection:TOKEN,console:TOKEN',
    true,
  ),
} as const;
