/** Where services listen, where they reach each other, and how they prove who they are. */
import { SERVICES, type CalledService, type ListeningService } from '../services.ts';
import { setting, type Setting } from './setting.ts';
import { address, flag, hostNames, port, serviceUrl, text } from './setting-values.ts';

type PortSettings = {
  readonly [One in ListeningService as `${Uppercase<One['name']>}_PORT`]: Setting<number>;
};
type UrlSettings = {
  readonly [One in CalledService as `${Uppercase<One['name']>}_URL`]: Setting<string>;
};

const PORT_SETTINGS = Object.fromEntries(
  SERVICES.filter((one) => 'port' in one).map((one) => [
    `${one.name.toUpperCase()}_PORT`,
    setting(port(), String(one.port), one.portText),
  ]),
) as PortSettings;

const URL_SETTINGS = Object.fromEntries(
  SERVICES.filter((one) => 'urlText' in one).map((one) => [
    `${one.name.toUpperCase()}_URL`,
    setting(serviceUrl(), `http://127.0.0.1:${one.port}`, one.urlText),
  ]),
) as UrlSettings;

export const ADDRESS_SETTINGS = {
  ...PORT_SETTINGS,
  ...URL_SETTINGS,
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
