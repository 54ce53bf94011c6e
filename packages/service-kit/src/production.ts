/**
 * What is refused because it would leave a door open, however the product is run: tokens that do not fit,
 * enforcing without one, and all that PRODUCTION=true refuses.
 */
import {
  ConfigError,
  isTokenDigest,
  SERVICE_PAIRS,
  serviceNamed,
  type CalledService,
  type ServiceName,
  type Settings,
  type SettingName,
  weaknessOfToken,
} from '@mini-soc/model';

/** What a service does, so that only what it uses is asked for. */
export interface ServiceUses {
  /** It answers HTTP. */
  readonly listens?: boolean;
  readonly elasticsearch?: boolean;
  readonly kibana?: boolean;
  /** It answers on loopback alone, and nothing it says leaves the machine. */
  readonly staysLocal?: boolean;
  /** It changes the firewall when RESPONSE_MODE says so. */
  readonly enforces?: boolean;
  /** Its name, to which the tokens of pairs must fit; absent: all services are in it. */
  readonly service?: string;
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
    enforces: name === 'response',
    service: name,
    calls: facts.calls.map(urlOf),
  };
}

const MAKE = 'make one with: openssl rand -hex 32';

/** Throws ConfigError with a line for each open door. */
export function refuseOpenDoors(settings: Settings, uses: ServiceUses): void {
  const faults = [...tokenFaults(settings, uses), ...productionFaults(settings, uses)];
  if (faults.length > 0) throw new ConfigError(faults);
}

function tokenFaults(settings: Settings, uses: ServiceUses): readonly string[] {
  const { API_TOKEN: token, API_TOKEN_LOOK: look, CALL_TOKENS: call } = settings;
  const faults: string[] = [];
  if (look !== '' && token === '')
    faults.push('API_TOKEN  Expected a token where API_TOKEN_LOOK is set: variable is not set');
  if (look !== '' && look === token)
    faults.push('API_TOKEN_LOOK  Expected another token than API_TOKEN: they are the same');
  faults.push(...pairFaults(settings, uses.service));
  const called = (uses.calls ?? []).map((name) => name.replace(/_URL$/, '').toLowerCase());
  if (isTokenDigest(token))
    for (const name of called)
      if (!call.has(name))
        faults.push(
          `CALL_TOKENS  Expected a token for ${name}, since API_TOKEN is a digest that cannot be shown: it has none`,
        );
  const isEnforcing = uses.enforces === true && settings.RESPONSE_MODE === 'enforce';
  const isJudged = settings.PRODUCTION
    ? uses.listens === true || (uses.calls?.length ?? 0) > 0
    : isEnforcing;
  if (!isJudged) return faults;
  const where = settings.PRODUCTION ? 'in production' : 'with RESPONSE_MODE=enforce';
  if (token === '')
    return [...faults, `API_TOKEN  Expected a token ${where} (${MAKE}): variable is not set`];
  const judged = [
    ['API_TOKEN', token],
    ...(look === '' ? [] : [['API_TOKEN_LOOK', look]]),
    ...[...call.values()].map((one) => ['CALL_TOKENS', one]),
    ...[...settings.CALLER_TOKENS.values()].map((one) => ['CALLER_TOKENS', one]),
  ] as const;
  for (const [name, one] of judged) {
    const [wish, present] = (weaknessOfToken(one ?? '') ?? '').split(': ');
    if (present !== undefined) faults.push(`${name}  ${wish} ${where} (${MAKE}): ${present}`);
  }
  return faults;
}

/** A name that is none would be a token that nobody asks for. */
function pairFaults(settings: Settings, service: string | undefined): readonly string[] {
  if (service === undefined) return [];
  const judge = (name: 'CALL_TOKENS' | 'CALLER_TOKENS', good: readonly string[]) =>
    [...settings[name].keys()]
      .filter((one) => !good.includes(one))
      .map(
        (one) =>
          `${name}  Expected names among ${good.join(', ') || 'none'} for ${service}: "${one}" is not one`,
      );
  return [
    ...judge(
      'CALL_TOKENS',
      SERVICE_PAIRS.filter(({ caller }) => caller === service).map(({ called }) => called),
    ),
    ...judge(
      'CALLER_TOKENS',
      SERVICE_PAIRS.filter(({ called }) => called === service).map(({ caller }) => caller),
    ),
  ];
}

function productionFaults(settings: Settings, uses: ServiceUses): readonly string[] {
  if (!settings.PRODUCTION) return [];
  const faults: string[] = [];
  if (uses.listens === true && uses.staysLocal !== true)
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
  return faults;
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
