/** What PRODUCTION=true refuses: a start that would leave a door open. */
import {
  ConfigError,
  serviceNamed,
  type CalledService,
  type ServiceName,
  type Settings,
  type SettingName,
} from '@mini-soc/model';

/** What a service does, so that only what it uses is asked for. */
export interface ServiceUses {
  /** It answers HTTP. */
  readonly listens?: boolean;
  readonly elasticsearch?: boolean;
  readonly kibana?: boolean;
  /** Settings with the addresses of other services it calls. */
  readonly calls?: readonly Extract<SettingName, `${string}_URL`>[];
}

/** As the list of services says. */
export function usesOf(name: ServiceName): ServiceUses {
  const facts = serviceNamed(name);
  const urlOf = (called: CalledService['name']) =>
    `${called.toUpperCase() as Uppercase<typeof called>}_URL` as const;
  return {
    listens: 'port' in facts,
    elasticsearch: facts.store,
    kibana: facts.kibana,
    calls: facts.calls.map(urlOf),
  };
}

const SHORTEST_TOKEN = 32;
/** Words of examples: a token with one of them was copied, not made. */
const EXAMPLE = /change|example|default|password|secret|token|your|12345|abcdef/i;

/** Throws ConfigError with a line for each open door; does nothing unless PRODUCTION is true. */
export function refuseWeakProduction(settings: Settings, uses: ServiceUses): void {
  if (!settings.PRODUCTION) return;
  const faults: string[] = [];
  if (uses.listens === true || (uses.calls?.length ?? 0) > 0) faults.push(...weakToken(settings));
  if (uses.listens === true)
    for (const name of ['TLS_CERT_FILE', 'TLS_KEY_FILE'] as const)
      if (settings[name] === '')
        faults.push(
          `${name}  Expected a file in production, where nothing is sent in the clear: variable is not set`,
        );
  for (const name of uses.calls ?? []) faults.push(...inTheClear(settings, name));
  if (uses.elasticsearch === true) {
    faults.push(...inTheClear(settings, 'ELASTICSEARCH_URL'));
    const hasUser =
      settings.ELASTICSEARCH_USERNAME !== '' && settings.ELASTICSEARCH_PASSWORD !== '';
    if (settings.ELASTICSEARCH_API_KEY === '' && !hasUser)
      faults.push(
        'ELASTICSEARCH_API_KEY  Expected an API key, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD, in production: variables are not set',
      );
  }
  if (uses.kibana === true) {
    faults.push(...inTheClear(settings, 'KIBANA_URL'));
    const hasUser = settings.KIBANA_USERNAME !== '' && settings.KIBANA_PASSWORD !== '';
    if (settings.KIBANA_API_KEY === '' && !hasUser)
      faults.push(
        'KIBANA_API_KEY  Expected an API key, or KIBANA_USERNAME and KIBANA_PASSWORD, in production: variables are not set',
      );
  }
  if (faults.length > 0) throw new ConfigError(faults);
}

function weakToken({ API_TOKEN: token }: Settings): readonly string[] {
  const make = 'make one with: openssl rand -hex 32';
  if (token === '')
    return [`API_TOKEN  Expected a token in production (${make}): variable is not set`];
  if (token.length < SHORTEST_TOKEN)
    return [
      `API_TOKEN  Expected at least ${SHORTEST_TOKEN} characters in production (${make}): it has ${token.length}`,
    ];
  if (EXAMPLE.test(token) || new Set(token).size < 8)
    return [
      `API_TOKEN  Expected a random token in production (${make}): current value can be guessed`,
    ];
  return [];
}

function inTheClear(
  settings: Settings,
  name: Extract<SettingName, `${string}_URL`>,
): readonly string[] {
  return settings[name].startsWith('https:')
    ? []
    : [
        `${name}  Expected an https URL in production: current value is "${settings[name].replace(/\/\/[^/]*@/, '//')}"`,
      ];
}
