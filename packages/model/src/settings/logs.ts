/** Which log files are read, that of the self-test among them, and what their lines leave out. */
import { setting } from './setting.ts';
import { hostNames, intervalOrOff, ranges, text } from './setting-values.ts';

export const LOG_SETTINGS = {
  LOGS: setting(
    text(),
    '',
    'Log files and globs to watch, separated by commas, with a format in front where it is known, such as access:/srv/www/*.log; empty means the usual places under /var/log',
  ),
  TRUSTED_HOSTS: setting(
    hostNames(),
    '',
    'Other hosts whose lines in log files of this machine are believed, as the lines name them, separated by commas: only where nobody else can send under their names',
  ),
  TRUSTED_PROXIES: setting(
    ranges(),
    '',
    'Reverse proxies in front of the web server, addresses and CIDR ranges: never blocked, the client is the last hop before them',
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
