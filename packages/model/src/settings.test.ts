import { describe, expect, it } from 'vitest';
import { ConfigError } from './errors.ts';
import { parseSettings, SETTINGS } from './settings.ts';

function faultsOf(variables: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseSettings(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('parseSettings()', () => {
  it('parseSettings() takes the default of everything that is not given, or given empty', () => {
    const settings = parseSettings({});
    expect(settings).toMatchObject({
      DETECTION_PORT: 8000,
      DETECTION_INTERVAL: 15_000,
      API_TOKEN: '',
      RESPONSE_BLOCK_PRIVATE: false,
      RESPONSE_ALLOWLIST: [],
      RULE_OVERRIDES: [],
    });
    const empty = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
    expect(parseSettings(empty)).toEqual(settings);
  });

  it('parseSettings() ends the address of a service without a slash', () => {
    expect(parseSettings({ RESPONSE_URL: 'https://response:8001/' }).RESPONSE_URL).toBe(
      'https://response:8001',
    );
    expect(parseSettings({ CONSOLE_URL: 'https://soc.example/console/' }).CONSOLE_URL).toBe(
      'https://soc.example/console',
    );
  });

  it('parseSettings() gives frozen values and ignores variables that are not ours', () => {
    const settings = parseSettings({ PATH: '/bin', DETECTION_PORT: '0' });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(settings.DETECTION_PORT).toBe(0);
    expect(settings).not.toHaveProperty('PATH');
  });

  it('parseSettings() reports all faults together, with wish and present value', () => {
    expect(
      faultsOf({
        DETECTION_PORT: '70000',
        DETECTION_URL: 'detection:8000',
        DETECTION_INTERVAL: '0s',
        RESPONSE_BLOCK_PRIVATE: 'yes',
      }),
    ).toEqual([
      'DETECTION_PORT  Expected a port from 0 to 65535: current value is "70000"',
      'DETECTION_URL  Expected an http(s) URL: current value is "detection:8000"',
      'DETECTION_INTERVAL  Expected a duration of at least 1000 ms: current value is "0s"',
      'RESPONSE_BLOCK_PRIVATE  Expected true or false: current value is "yes"',
    ]);
  });

  it.each([
    ['CONSOLE_PORT', '-1'],
    ['RETRIEVAL', 'guessing'],
    ['CHROMA_URL', 'chroma:8000'],
    ['MODEL_URL', 'off'],
    ['CONSOLE_PORT', '80.5'],
    ['CONSOLE_PORT', ' 80'],
    ['CONSOLE_PORT', '0x50'],
    ['RETENTION_AGE', '30'],
    ['RETENTION_SIZE_MB', '15'],
    ['LOG_LEVEL', 'loud'],
    ['RESPONSE_MODE', 'on'],
    ['RESPONSE_FIREWALL', 'pf'],
    ['LISTEN_HOST', 'localhost'],
    ['HOST_NAMES', 'detection,a b'],
    ['PRODUCTION', 'yes'],
    ['ELASTICSEARCH_URL', 'elastic:9200'],
    ['ENRICHER_URL', 'file:///etc/passwd'],
    ['ENRICHER_URL', 'javascript:alert(1)'],
    ['RESPONSE_ALLOWLIST', '10.0.0.1/8'],
    ['RESPONSE_ALLOWLIST', '127.1'],
    ['RESPONSE_LEVELS', 'low:ignore'],
    ['RESPONSE_LEVELS', 'low:ignore,medium:ticket,high:block,critical:burn'],
    ['RULE_OVERRIDES', 'BruteForceRule.threshold=6'],
    ['RULE_OVERRIDES', 'BruteForceRule'],
    ['GENERATOR_MIX', 'brute_force'],
    ['GENERATOR_SEED', '4294967296'],
  ])('parseSettings() refuses %s=%s in one line that names it', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}  Expected .*: current value is "`));
    expect(faults[0]).not.toContain('\n');
  });

  it('parseSettings() shows a hostile value as quoted text on one line', () => {
    const faults = faultsOf({ LOG_LEVEL: 'x\nAPI_TOKEN  fine\u001b[2K' });
    expect(faults).toHaveLength(1);
    expect(faults[0]).not.toMatch(/[\n\u001b]/);
  });

  it('parseSettings() marks what must never be shown', () => {
    const secrets = Object.entries(SETTINGS).filter(([, entry]) => entry.secret === true);
    expect(secrets.map(([name]) => name)).toEqual([
      'API_TOKEN',
      'API_TOKEN_LOOK',
      'CALL_TOKENS',
      'CALLER_TOKENS',
      'ELASTICSEARCH_API_KEY',
      'ELASTICSEARCH_PASSWORD',
      'KIBANA_PASSWORD',
      'KIBANA_API_KEY',
    ]);
    expect(secrets.filter(([, entry]) => entry.fallback !== '')).toEqual([]);
  });

  it('parseSettings() reads lists of ranges, levels and overrides', () => {
    const settings = parseSettings({
      RESPONSE_ALLOWLIST: '10.0.0.0/8, 2001:DB8::/32 ,192.0.2.1',
      RESPONSE_LEVELS: 'low:ignore, medium:ticket, high:block, critical:block',
      RULE_OVERRIDES: 'BruteForceRule.at_least=6,port-scan.enabled=false',
    });
    expect(settings.RESPONSE_ALLOWLIST.map((range) => range.text)).toEqual([
      '10.0.0.0/8',
      '2001:db8::/32',
      '192.0.2.1/32',
    ]);
    expect(settings.RESPONSE_LEVELS.medium).toBe('ticket');
    expect(settings.RULE_OVERRIDES).toEqual([
      { rule: 'BruteForceRule', key: 'at_least', value: '6' },
      { rule: 'port-scan', key: 'enabled', value: 'false' },
    ]);
  });

  it('parseSettings() refuses settings that together would leave holes', () => {
    const read = (variables: Record<string, string>) => () => parseSettings(variables);
    expect(read({ DETECTION_INTERVAL: '45m' })).toThrow(/RESPONSE_MAX_ALERT_AGE .*is "1h"/);
    expect(read({ RETENTION_AGE: '2m' })).toThrow(/RETENTION_AGE .*before they are evaluated/);
    expect(read({ DETECTION_INTERVAL: '1s', DETECTION_LATENESS: '1m' })).not.toThrow();
  });

  it('parseSettings() accepts its own defaults when they are written out', () => {
    const written = Object.fromEntries(
      Object.entries(SETTINGS).map(([name, entry]) => [name, entry.fallback]),
    );
    expect(parseSettings(written)).toEqual(parseSettings({}));
  });
});

describe('SETTINGS', () => {
  it('SETTINGS have a name in capitals and one line of meaning without a final period', () => {
    for (const [name, entry] of Object.entries(SETTINGS)) {
      expect(name).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(entry.description).toMatch(/^\S[^\n]*[^.\s]$/);
      expect(entry.fallback).not.toContain('\n');
    }
  });
});
