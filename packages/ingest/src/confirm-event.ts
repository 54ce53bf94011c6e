/**
 * What speaks against an event of a text file. Any account of the machine can write a line of syslog, and so can whoever
 * is allowed to send to it; an access log can begin with what a client sent. What none of them can write is the
 * connection of the address.
 */
import type { EventFlagName, ParsedEvent } from '@mini-soc/model';
import type { SeenConnections } from './seen-connections.ts';

export interface ConfirmOptions {
  readonly connections: SeenConnections;
  /** Names of this machine, as lines call it. */
  readonly ownHosts: readonly string[];
  /** Hosts whose lines are believed, as lines call them (TRUSTED_HOSTS). */
  readonly trustedHosts: readonly string[];
  /** Web requests come through proxies: their clients have no connection here. */
  readonly isBehindProxies: boolean;
  /** Ports at which sshd of this machine listens. */
  readonly sshPorts: () => readonly number[];
}

export interface ConfirmCounts {
  /** Events whose address had a connection. */
  seen: number;
  /** Those whose address had none. */
  unseen: number;
}

export interface EventConfirmer {
  /** The connections of now; once before the events of a batch. */
  readonly look: () => void;
  /** The flag that speaks against it; undefined when nothing does, or when nobody can say. */
  readonly flagOf: (event: ParsedEvent) => EventFlagName | undefined;
  readonly counts: () => Readonly<ConfirmCounts>;
}

const SSH_PROGRAMS = /^(?:sshd(?:-session|-auth)?|dropbear)$/;

export function createEventConfirmer(options: ConfirmOptions): EventConfirmer {
  const { connections } = options;
  const own = new Set(options.ownHosts.map(firstLabel));
  const trusted = new Set(options.trustedHosts.map((name) => name.toLowerCase()));
  const counts: ConfirmCounts = { seen: 0, unseen: 0 };
  return {
    look: connections.look,
    flagOf(event) {
      const { hostname, program = '', source_ip: address } = event;
      // Packets have no connection; rules about them never block.
      if (address === undefined || event.log_type === 'firewall') return undefined;
      if (event.log_type === 'web' ? options.isBehindProxies : program === '') return undefined;
      const host = hostname?.toLowerCase();
      if (host !== undefined && trusted.has(host)) return undefined;
      const ports = SSH_PROGRAMS.test(program) ? options.sshPorts() : undefined;
      if (connections.has(address, ports)) {
        counts.seen += 1;
        return undefined;
      }
      counts.unseen += 1;
      if (host !== undefined && !own.has(firstLabel(host))) return 'other_host';
      return connections.canSee() ? 'not_connected' : undefined;
    },
    counts: () => counts,
  };
}

function firstLabel(name: string): string {
  const lower = name.toLowerCase();
  const dot = lower.indexOf('.');
  return dot <= 0 ? lower : lower.slice(0, dot);
}
