/** All kinds, once: a new one is an entry of a group, a new group a file and its line here. */
import type { Kind } from './kind.ts';
import { ACCOUNTS, COMMANDS } from './attacks/after-the-break-in.ts';
import { BREAKING_IN, GUESSING } from './attacks/guessing.ts';
import { OTHER_LOGINS } from './attacks/other-logins.ts';
import { SCANS } from './attacks/network.ts';
import { WEB_ATTACKS } from './attacks/web.ts';
import { ADMINISTRATION } from './normal/administration.ts';
import { AUTOMATION } from './normal/automation.ts';
import { FIRST_DAYS } from './normal/first-days.ts';
import { NETWORK } from './normal/network.ts';
import { PEOPLE } from './normal/people.ts';
import { SERVICES } from './normal/services.ts';
import { WEB_CLIENTS } from './normal/web-clients.ts';
import { WEB_VISITORS } from './normal/web-visitors.ts';

export { makeDay, type DayOptions } from './make-day.ts';
export type { Kind, LabelledLine, Scene } from './kind.ts';

/** What happens where nobody attacks. */
export const NORMAL_LIFE: readonly Kind[] = [
  ...PEOPLE,
  ...AUTOMATION,
  ...ADMINISTRATION,
  ...WEB_CLIENTS,
  ...WEB_VISITORS,
  ...NETWORK,
  ...SERVICES,
  ...FIRST_DAYS,
];

/** Attacks, of which no rule's own threshold is the measure. */
export const ATTACK_KINDS: readonly Kind[] = [
  ...GUESSING,
  ...BREAKING_IN,
  ...OTHER_LOGINS,
  ...WEB_ATTACKS,
  ...ACCOUNTS,
  ...COMMANDS,
  ...SCANS,
];
