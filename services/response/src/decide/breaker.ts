/**
 * The breaker of a rule. A rule that asks to block several of those we live with (our own hosts, those of the
 * settings, people who are logged in) takes innocents for attackers: it blocks nobody more until a person
 * says so or it was quiet for a time. Only this rule: whoever makes one err does not stop the others. The allow
 * list does not count: who stands there is expected to look like an attacker.
 */
import { LIMITS, type IpAddress } from '@mini-soc/model';

export interface OpenBreaker {
  readonly rule_id: string;
  readonly rule_name: string;
  readonly since: string;
  /** Whom it asked to block. */
  readonly addresses: readonly IpAddress[];
}

export interface Breaker {
  /** An alert of the rule asked to block an address that is protected for this reason. */
  readonly note: (
    rule: { readonly id: string; readonly name: string },
    address: IpAddress,
    code: string,
  ) => void;
  /** Why alerts of this rule block nobody at present. */
  readonly reasonOf: (ruleId: string) => string | undefined;
  readonly open: () => readonly OpenBreaker[];
  /** A person has looked at it; returns what was open. */
  readonly close: () => readonly OpenBreaker[];
}

export interface BreakerOptions {
  readonly now: () => Date;
  /** A clock that never goes back. */
  readonly monotonicMs: () => number;
  readonly onOpen: (opened: OpenBreaker) => void;
}

const ADDRESSES = LIMITS.collateral_addresses.value;
const WINDOW_MS = LIMITS.collateral_window_ms.value;
const CALM_MS = LIMITS.collateral_calm_ms.value;
const MAX_RULES = LIMITS.collateral_rules.value;
/** Nobody from outside holds a connection as one of these. */
const COLLATERAL: ReadonlySet<string> = new Set(['own', 'named', 'gateway', 'session']);

interface Watched {
  readonly name: string;
  /** When each address was asked for last; never more than ADDRESSES. */
  readonly askedMs: Map<IpAddress, number>;
  lastMs: number;
  opened: OpenBreaker | undefined;
}

export function createBreaker(options: BreakerOptions): Breaker {
  /** By rule; the one that erred last is the last. */
  const rules = new Map<string, Watched>();
  const isOpen = (watched: Watched): watched is Watched & { readonly opened: OpenBreaker } => {
    if (watched.opened !== undefined && options.monotonicMs() - watched.lastMs >= CALM_MS) {
      watched.opened = undefined;
      watched.askedMs.clear();
    }
    return watched.opened !== undefined;
  };
  const open = (): readonly OpenBreaker[] =>
    [...rules.values()].flatMap((watched) => (isOpen(watched) ? [watched.opened] : []));
  return {
    note({ id, name }, address, code) {
      if (!COLLATERAL.has(code)) return;
      const atMs = options.monotonicMs();
      const watched = rules.get(id) ?? {
        name,
        askedMs: new Map(),
        lastMs: atMs,
        opened: undefined,
      };
      const wasOpen = isOpen(watched);
      for (const [earlier, askedMs] of watched.askedMs)
        if (!wasOpen && atMs - askedMs >= WINDOW_MS) watched.askedMs.delete(earlier);
      // The same alert that is asked for again is nothing new.
      if (watched.askedMs.has(address)) return;
      watched.lastMs = atMs;
      rules.delete(id);
      rules.set(id, watched);
      for (const other of rules.keys()) {
        if (rules.size <= MAX_RULES) break;
        rules.delete(other);
      }
      if (wasOpen) return;
      watched.askedMs.set(address, atMs);
      if (watched.askedMs.size < ADDRESSES) return;
      watched.opened = {
        rule_id: id,
        rule_name: name,
        since: options.now().toISOString(),
        addresses: [...watched.askedMs.keys()],
      };
      options.onOpen(watched.opened);
    },
    reasonOf(ruleId) {
      const watched = rules.get(ruleId);
      if (watched === undefined || !isOpen(watched)) return undefined;
      return `the rule is held back: it asked to block ${ADDRESSES} addresses that belong to us or to people who are logged in`;
    },
    open,
    close() {
      const closed = open();
      rules.clear();
      return closed;
    },
  };
}
