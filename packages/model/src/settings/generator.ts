/** Settings of the log generator. */
import { setting } from './setting.ts';
import { oneOf, text, whole } from './setting-values.ts';

export const GENERATOR_SETTINGS = {
  GENERATOR_SEED: setting(whole(0, 4_294_967_295), '1', 'The same seed writes the same lines'),
  GENERATOR_RATE: setting(whole(1, 100_000), '4', 'Events of normal life per second'),
  GENERATOR_MIX: setting(
    text().regex(/^[a-z_]+:\d+(,[a-z_]+:\d+)*$/, 'Expected name:weight pairs'),
    'brute_force:4,anomalous_login:2,command_exec:2,port_scan:1,web_fuzz:1',
    'Weights of the attack scenarios',
  ),
  GENERATOR_HOSTS: setting(whole(1, 1000), '3', 'Number of simulated hosts'),
  GENERATOR_FORMAT: setting(
    oneOf(['json', 'text']),
    'json',
    'json: one JSON object a line; text: genuine log files',
  ),
  GENERATOR_DIR: setting(text().min(1), './data/generated', 'Folder the generator writes to'),
} as const;
