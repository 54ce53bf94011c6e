/** Limits of sensors that write to the store themselves: days that are made for them, their names and hosts. */
import { limit } from './limit.ts';

export const SENSOR_LIMITS = {
  sensor_days_back: limit({
    part: 'store',
    value: 31,
    unit: 'days',
    tells: 'none',
    what: 'days before today that sensors may write events of, and no more than RETENTION_AGE',
    cut: 'the store refuses an older event of a sensor (403); Filebeat makes it a dead letter',
    cure: 'look at older logs with `soc parse`, or on an instance of their own',
  }),
  sensor_days_ahead: limit({
    part: 'store',
    value: 7,
    unit: 'days',
    tells: 'none',
    what: 'days after today that sensors may write to; so long detection may be away',
    cut: 'the store refuses a later event of a sensor (403); Filebeat makes it a dead letter',
    cure: 'set the clock of that host right, or start detection',
  }),
  sensor_hosts: limit({
    part: 'store',
    value: 100,
    unit: 'hosts',
    tells: 'none',
    what: 'hosts that one sensor may speak for',
    cut: 'the sensor is not made',
    cure: 'make a second sensor for the rest',
  }),
} as const;
