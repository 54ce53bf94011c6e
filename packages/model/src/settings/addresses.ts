/** Where services listen, where they reach each other, and how they prove who they are. */
import { setting } from './setting.ts';
import { address, flag, hostNames, port, serviceUrl, text } from './setting-values.ts';

export const ADDRESS_SETTINGS = {
  DETECTION_PORT: setting(port(), '8000', 'Port of the detection service; 0 takes a free one'),
  RESPONSE_PORT: setting(port(), '8001', 'Port of the response service; 0 takes a free one'),
  ENRICHER_PORT: setting(port(), '8003', 'Port of the enricher; 0 takes a free one'),
  CONSOLE_PORT: setting(port(), '8080', 'Port of the console; 0 takes a free one'),
  SHIPPER_PORT: setting(
    port(),
    '8004',
    'Port of the shipper (our own, where there is no Filebeat)',
  ),
  DETECTION_URL: setting(
    serviceUrl(),
    'http://127.0.0.1:8000',
    'Where other services reach detection',
  ),
  RESPONSE_URL: setting(
    serviceUrl(),
    'http://127.0.0.1:8001',
    'Where other services reach response',
  ),
  ENRICHER_URL: setting(
    serviceUrl(),
    'http://127.0.0.1:8003',
    'Where other services reach the enricher',
  ),
  CONSOLE_URL: setting(serviceUrl(), 'http://127.0.0.1:8080', 'Where commands reach the console'),
  LISTEN_HOST: setting(
    address(),
    '127.0.0.1',
    'Address a service listens on as a process of its own; the embedded mode stays on loopback',
  ),
  HOST_NAMES: setting(
    hostNames(),
    '',
    'Names besides localhost under which requests may ask for us, separated by commas',
  ),
  TLS_CERT_FILE: setting(
    text(),
    '',
    'Certificate (PEM, with intermediates) services answer with; empty means plain http',
  ),
  TLS_KEY_FILE: setting(text(), '', 'Private key (PEM) of that certificate'),
  TLS_CA_FILE: setting(
    text(),
    '',
    'Certificate authority (PEM) the other services are trusted by; empty means those of Node',
  ),
  SECRETS_DIR: setting(
    text().min(1),
    './secrets',
    'Folder in which the set-up of a production installation writes certificates and secrets',
  ),
  PRODUCTION: setting(
    flag(),
    'false',
    'true refuses to start with a weak token, without TLS or without credentials',
  ),
} as const;
