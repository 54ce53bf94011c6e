/** Which log files are read, that of the self-test among them, and what their lines leave out. */
import { setting } from './setting.ts';
import { intervalOrOff, text } from './setting-values.ts';

export const LOG_SETTINGS = {
  LOGS: setting(
    text(),
    '',
    'Log files and globs to watch, separated by commas; empty means the usual places under /var/log',
  ),
  SELF_TEST_INTERVAL: setting(
    intervalOrOff(5000),
    '10m',
    'Time between self-tests, in which a made-up attack goes through every stage, at least 5s; 0 turns them off',
  ),
  SELF_TEST_DIR: setting(
    text(),
    '',
    'Folder for the log files of the self-test, which detection writes and Filebeat or the shipper reads; empty turns it off there. The embedded mode uses its data folder',
  ),
  LOG_TIME_ZONE: setting(
    text(),
    '',
    'IANA zone of log lines that name none, such as Europe/Berlin; empty means the zone of this machine',
  ),
} as const;
