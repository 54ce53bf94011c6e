/** The simulated place: hosts, people who work there, addresses of friends and strangers. Seeded. */
import type { Faker } from '@faker-js/faker';

export interface World {
  readonly faker: Faker;
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  readonly people: readonly { readonly name: string; readonly address: string }[];
  /** A new attacker: RFC 5737 addresses (never 192.0.2.0/24, the self-test's) or, now and then, RFC 3849. */
  readonly newAttacker: () => string;
  /** A visitor of the web server: 198.18.0.0/15, a range that routes nowhere. */
  readonly visitor: () => string;
  readonly ephemeralPort: () => number;
  readonly pid: () => number;
}

const HOST_NAMES = ['web', 'db', 'mail', 'files', 'build'];
const PEOPLE = 12;

export async function createWorld(seed: number, hostCount: number): Promise<World> {
  const faker = await createFaker(seed);
  const int = (min: number, max: number) => faker.number.int({ min, max });
  const hosts = Array.from({ length: hostCount }, (_, index) => ({
    name: `${HOST_NAMES[index % HOST_NAMES.length] ?? 'host'}${String(Math.floor(index / HOST_NAMES.length) + 1).padStart(2, '0')}`,
    address: `10.0.${index >> 8}.${(index & 255) + 5}`,
  }));
  const people = Array.from({ length: PEOPLE }, (_, index) => ({
    name: `${faker.person
      .firstName()
      .toLowerCase()
      .replace(/[^a-z]/g, '')}${index === 0 ? '' : String(index)}`.slice(0, 16),
    address: `10.1.${int(0, 3)}.${int(2, 250)}`,
  }));
  let attackers = int(0, 400);
  return {
    faker,
    hosts,
    people,
    newAttacker() {
      attackers += 7;
      if (attackers % 9 === 0)
        return `2001:db8:${int(1, 0xfff).toString(16)}::${int(1, 0xffff).toString(16)}`;
      const last = (attackers % 253) + 1;
      return attackers % 2 === 0 ? `203.0.113.${last}` : `198.51.100.${last}`;
    },
    visitor: () => `198.18.${int(0, 40)}.${int(1, 254)}`,
    ephemeralPort: () => int(32_768, 60_999),
    pid: () => int(900, 32_000),
  };
}

/**
 * Only one language, and only when it is asked for: the package's main entry loads all seventy of them, 15 MB of memory
 * that the embedded mode would keep without ever writing a log.
 */
async function createFaker(seed: number): Promise<Faker> {
  const { faker } = await import('@faker-js/faker/locale/en');
  const Own = faker.constructor as typeof Faker;
  return new Own({ locale: faker.rawDefinitions, seed });
}
