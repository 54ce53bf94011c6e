/** Settings of the installation as a whole. */
import { setting } from './setting.ts';
import { oneOf, text } from './setting-values.ts';

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
    'Bearer token between services and for users; empty means none (loopback only)',
    true,
  ),
} as const;
