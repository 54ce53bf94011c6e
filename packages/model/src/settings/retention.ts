/** How much is kept. */
import { setting } from './setting.ts';
import { duration, whole } from './setting-values.ts';

export const RETENTION_SETTINGS = {
  RETENTION_AGE: setting(duration(60_000), '30d', 'Events older than this are deleted'),
  RETENTION_SIZE_MB: setting(
    whole(16, 10_000_000),
    '2048',
    'Oldest events are deleted when the store is larger, MiB',
  ),
} as const;
