/** Settings of detection. */
import { setting } from './setting.ts';
import { duration, overrides, text } from './setting-values.ts';

export const DETECTION_SETTINGS = {
  RULES_DIR: setting(
    text(),
    '',
    'Folder of your own rule files, beside those that come with the product; empty means none',
  ),
  RULE_OVERRIDES: setting(
    overrides(),
    '',
    'Changes to rules, such as BruteForceRule.at_least=6 (keys: at_least, window, suppress, enabled, response)',
  ),
  DETECTION_INTERVAL: setting(
    duration(1000),
    '15s',
    'Time between scheduled detection cycles, at least 1s',
  ),
  DETECTION_LATENESS: setting(
    duration(0),
    '2m',
    'How late an event may arrive and still count as on time',
  ),
} as const;
