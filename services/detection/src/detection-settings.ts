/** What detection takes of the settings. */
import type { Settings } from '@mini-soc/model';
import type { RetentionSettings } from './retention.ts';

export interface DetectionSettings {
  /** Bearer token of our own API; none when empty. */
  readonly token: string;
  readonly intervalMs: number;
  readonly latenessMs: number;
  /** Old events are deleted by this process; none are without it. */
  readonly retention?: RetentionSettings;
}

const MEBIBYTE = 1_048_576;

/** Old events are deleted every `retentionEveryMs`. */
export function detectionSettingsOf(
  settings: Settings,
  retentionEveryMs: number,
): DetectionSettings {
  return {
    token: settings.API_TOKEN,
    intervalMs: settings.DETECTION_INTERVAL,
    latenessMs: settings.DETECTION_LATENESS,
    retention: {
      ageMs: settings.RETENTION_AGE,
      maxBytes: settings.RETENTION_SIZE_MB * MEBIBYTE,
      everyMs: retentionEveryMs,
    },
  };
}
