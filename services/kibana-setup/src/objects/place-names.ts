/** What the objects need to know of the installation they are made for. */
import { createHash } from 'node:crypto';

export interface Installation {
  /** Kibana's space; `default` is the one without a name in addresses. */
  readonly space: string;
  /** Names of our indices. */
  readonly indices: {
    readonly events: string;
    readonly alerts: string;
    readonly blocks: string;
    readonly deadLetters: string;
  };
  /** Where a reader's browser finds the console and the 3D graph. */
  readonly consoleUrl: string;
  readonly graphUrl: string;
}

/** The names our store gives its indices. */
export const INDICES: Installation['indices'] = {
  events: 'soc-logs-*',
  alerts: 'soc-alerts',
  blocks: 'soc-blocked-ips',
  deadLetters: 'soc-dead-letters',
};

/** Ids are the same at every run. Kibana knows an id once for all its spaces: others get a prefix. */
export function idIn(space: string, name: string): string {
  return space === 'default' ? name : `${space.slice(0, 64)}-${name}`;
}

/** A rule's id must look like a random UUID (version 4); ours follows from its name. */
export function uuidIn(space: string, name: string): string {
  const hex = createHash('sha256').update(`mini-soc/${space}/${name}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
