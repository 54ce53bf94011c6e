/** Settings of a detection that begins no cycle by itself while a test lasts. */
import type { DetectionSettings } from '../src/detection-settings.ts';

export const SETTINGS: DetectionSettings = {
  token: '',
  intervalMs: 3_600_000,
  latenessMs: 120_000,
};
