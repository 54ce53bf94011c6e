/** What response takes of the settings. */
import type { IpRange, ResponseAction, Settings, Severity } from '@mini-soc/model';

export interface ResponseSettings {
  readonly token: string;
  readonly mode: 'simulate' | 'enforce';
  /** Asked when the mode is `enforce`. */
  readonly firewall: Settings['RESPONSE_FIREWALL'];
  readonly levels: Readonly<Record<Severity, ResponseAction>>;
  readonly allowlist: readonly IpRange[];
  readonly blockPrivate: boolean;
  readonly blocksPerMinute: number;
  /** Whether a block needs events that nothing speaks against. */
  readonly asksForProof: boolean;
  readonly maxAlertAgeMs: number;
  /** Of the first block of an address. */
  readonly blockDurationMs: number;
  /** Of the longest; how long earlier blocks count, too. */
  readonly maxBlockDurationMs: number;
}

export function responseSettingsOf(settings: Settings): ResponseSettings {
  return {
    token: settings.API_TOKEN,
    mode: settings.RESPONSE_MODE,
    firewall: settings.RESPONSE_FIREWALL,
    levels: settings.RESPONSE_LEVELS,
    allowlist: [...settings.RESPONSE_ALLOWLIST, ...settings.TRUSTED_PROXIES],
    blockPrivate: settings.RESPONSE_BLOCK_PRIVATE,
    blocksPerMinute: settings.RESPONSE_BLOCKS_PER_MINUTE,
    asksForProof:
      settings.RESPONSE_PROOF === 'auto'
        ? settings.RESPONSE_MODE === 'enforce'
        : settings.RESPONSE_PROOF === 'required',
    maxAlertAgeMs: settings.RESPONSE_MAX_ALERT_AGE,
    blockDurationMs: settings.BLOCK_DURATION,
    maxBlockDurationMs: settings.BLOCK_DURATION_MAX,
  };
}
