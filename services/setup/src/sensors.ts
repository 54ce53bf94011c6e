/**
 * Sensors: whoever ships events from another host, each with a user of its own that can be taken away alone. They share
 * one role. Which hosts a sensor may speak for stands with its user, where it cannot change it; the server writes both
 * beside each event (`packages/store/src/elasticsearch/sensors.ts` reads them).
 */
import { randomBytes } from 'node:crypto';
import { LIMITS, UsageError } from '@mini-soc/model';
import { z } from 'zod';
import type { AskElasticsearch } from './ask-elasticsearch.ts';
import { SENSOR_ROLE } from './installation.ts';

const ROLE = 'soc_sensor';
const USER = `${ROLE}_`;
const PIPELINE = 'soc-sensor';
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

const usersSchema = z.record(
  z.string(),
  z.object({ metadata: z.object({ hosts: z.array(z.string()).optional() }).optional() }),
);

export interface Sensor {
  readonly name: string;
  /** It may speak for these. */
  readonly hosts: readonly string[];
}

export interface SensorCredentials {
  readonly username: string;
  /** It stands nowhere else. */
  readonly password: string;
  /** It was there before: its earlier password is refused from now on. */
  readonly isRenewed: boolean;
}

/** The role, and the pipeline that writes who has sent an event. Idempotent. */
export async function setUpSensors(ask: AskElasticsearch): Promise<void> {
  await ask('PUT', `/_security/role/${ROLE}`, SENSOR_ROLE);
  await ask('PUT', `/_ingest/pipeline/${PIPELINE}`, {
    description: 'Written by mini-SOC: who has sent an event',
    processors: [
      { set_security_user: { field: 'shipped_by', properties: ['username', 'metadata'] } },
    ],
  });
}

/** Makes a sensor, or gives it another password. Throws UsageError for a name or host that is none. */
export async function addSensor(
  ask: AskElasticsearch,
  { name, hosts }: Sensor,
): Promise<SensorCredentials> {
  const isRenewed = (await listSensors(ask)).some((sensor) => sensor.name === checked(name));
  if (hosts.length > LIMITS.sensor_hosts.value)
    throw new UsageError(
      `Cannot make the sensor "${name}": expected at most ${LIMITS.sensor_hosts.value} hosts: there are ${hosts.length}`,
    );
  const own = hosts.length === 0 ? [name] : hosts.map(checked);
  const password = randomBytes(32).toString('base64url');
  await ask('PUT', `/_security/user/${USER}${name}`, {
    password,
    roles: [ROLE],
    full_name: `mini-SOC sensor ${name}`,
    metadata: { hosts: own },
  });
  return { username: `${USER}${name}`, password, isRenewed };
}

/** Its password is refused from now on; what it has sent stays. Throws UsageError when there is none of that name. */
export async function revokeSensor(ask: AskElasticsearch, name: string): Promise<void> {
  if ((await ask('DELETE', `/_security/user/${USER}${checked(name)}`)) === undefined)
    throw new UsageError(`Cannot revoke the sensor "${name}": there is none of that name`);
}

/** Ordered by name. */
export async function listSensors(ask: AskElasticsearch): Promise<readonly Sensor[]> {
  const users = usersSchema.parse((await ask('GET', '/_security/user')) ?? {});
  return Object.entries(users)
    .filter(([username]) => username.startsWith(USER))
    .map(([username, { metadata }]) => ({
      name: username.slice(USER.length),
      hosts: metadata?.hosts ?? [],
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function checked(name: string): string {
  if (NAME.test(name)) return name;
  throw new UsageError(
    `Expected the name of a sensor or host in lower-case letters, digits, ".", "-" and "_": current value is ${JSON.stringify(name.slice(0, 80))}`,
  );
}
