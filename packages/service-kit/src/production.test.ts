import { ConfigError, parseSettings } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { refuseOpenDoors, type ServiceUses } from './production.ts';

const GOOD = {
  PRODUCTION: 'true',
  API_TOKEN: '9f2d7c1ab4e8530617f9c2d4b8e6a0539f2d7c1ab4e85306',
  TLS_CERT_FILE: '/run/secrets/cert.pem',
  TLS_KEY_FILE: '/run/secrets/key.pem',
  ELASTICSEARCH_URL: 'https://elasticsearch:9200',
  ELASTICSEARCH_USERNAME: 'soc_detection',
  ELASTICSEARCH_PASSWORD: 'x',
  RESPONSE_URL: 'https://response:8001',
};
const ALL: ServiceUses = { listens: true, elasticsearch: true, calls: ['RESPONSE_URL'] };

function faultsOf(variables: Readonly<Record<string, string>>, uses = ALL): readonly string[] {
  try {
    refuseOpenDoors(parseSettings(variables), uses);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('refuseOpenDoors()', () => {
  it('refuseOpenDoors() lets a sound start pass, and any outside production', () => {
    expect(faultsOf(GOOD)).toEqual([]);
    expect(faultsOf({ PRODUCTION: 'false' })).toEqual([]);
    expect(faultsOf({ ...GOOD, ELASTICSEARCH_USERNAME: '', ELASTICSEARCH_API_KEY: 'abc' })).toEqual(
      [],
    );
  });

  it('refuseOpenDoors() asks for credentials and TLS of Kibana where it is used', () => {
    expect(faultsOf({ PRODUCTION: 'true' }, { kibana: true })).toEqual([
      expect.stringMatching(/^KIBANA_URL {2}Expected an https URL/),
      expect.stringMatching(/^KIBANA_API_KEY {2}Expected an API key/),
    ]);
    const sound = { PRODUCTION: 'true', KIBANA_URL: 'https://kibana:5601', KIBANA_API_KEY: 'abc' };
    expect(faultsOf(sound, { kibana: true })).toEqual([]);
  });

  it.each([
    ['API_TOKEN', '', 'variable is not set'],
    ['API_TOKEN', '9f2d7c1ab4e8530617f9c2d4b8e6a05', 'it has 31'],
    ['API_TOKEN', 'change-me-change-me-change-me-change-me', 'can be guessed'],
    ['API_TOKEN', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'can be guessed'],
    ['TLS_CERT_FILE', '', 'variable is not set'],
    ['TLS_KEY_FILE', '', 'variable is not set'],
    ['ELASTICSEARCH_URL', 'http://elasticsearch:9200', 'current value is'],
    ['RESPONSE_URL', 'http://response:8001', 'current value is'],
  ])('refuseOpenDoors() refuses %s=%j in one line', (name, value, why) => {
    const faults = faultsOf({ ...GOOD, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}  Expected .* in production.*${why}`));
  });

  it('refuseOpenDoors() refuses Elasticsearch without credentials', () => {
    expect(faultsOf({ ...GOOD, ELASTICSEARCH_PASSWORD: '' })).toEqual([
      expect.stringMatching(/^ELASTICSEARCH_API_KEY {2}Expected an API key/),
    ]);
  });

  it('refuseOpenDoors() never shows a secret', () => {
    const faults = faultsOf({
      ...GOOD,
      API_TOKEN: 'example-9f2d7c1ab4e8530617f9c2d4b8e6a0539f2',
      ELASTICSEARCH_URL: 'http://soc:hidden@elasticsearch:9200',
    });
    expect(faults).toHaveLength(2);
    expect(faults.join('\n')).not.toMatch(/9f2d7c1a|hidden/);
  });

  it('refuseOpenDoors() asks only for what the service uses', () => {
    expect(faultsOf({ PRODUCTION: 'true' }, {})).toEqual([]);
    expect(faultsOf({ PRODUCTION: 'true' }, { elasticsearch: true })).toHaveLength(2);
  });
});
