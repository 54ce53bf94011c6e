/** Settings of the program that sets Kibana up. */
import { setting } from './setting.ts';
import { duration, httpUrl, text } from './setting-values.ts';

export const KIBANA_SETTINGS = {
  KIBANA_URL: setting(
    httpUrl(),
    'http://127.0.0.1:5601',
    'Where Kibana is (8.19 or 9), with its base path where it has one',
  ),
  KIBANA_USERNAME: setting(text(), '', 'User for the set-up of Kibana; empty means none'),
  KIBANA_PASSWORD: setting(text(), '', 'Password of that user', true),
  KIBANA_API_KEY: setting(
    text(),
    '',
    'API key for the set-up of Kibana (encoded form); goes before user and password',
    true,
  ),
  KIBANA_CA_FILE: setting(
    text(),
    '',
    'Certificate authority (PEM) Kibana is trusted by; empty means those of Node',
  ),
  KIBANA_SPACE: setting(
    text().regex(/^[a-z0-9_-]{1,64}$/, 'Expected at most 64 lower-case letters, digits, - and _'),
    'default',
    'Space of Kibana that is set up; it must exist',
  ),
  KIBANA_WAIT: setting(duration(1000), '10m', 'Longest wait for Kibana to be ready, at least 1s'),
  CONSOLE_PUBLIC_URL: setting(
    httpUrl(),
    'http://localhost:8080/',
    "Where a reader's browser finds the console; the dashboard links it",
  ),
  GRAPH_PUBLIC_URL: setting(
    httpUrl(),
    'http://localhost:8003/viz',
    "Where a reader's browser finds the 3D graph; the dashboard links it",
  ),
} as const;
