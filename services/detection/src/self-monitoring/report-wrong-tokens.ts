/**
 * Whoever tries tokens raises an alert, TokenGuessingRule: when the wrong ones of an address within the hour
 * are five, fifty, five hundred and so on. A person who mistypes raises none.
 */
import { LIMITS } from '@mini-soc/model';
import type { ProductAlerts } from './product-alert.ts';

export const TOKEN_RULE = { ruleId: 'token-guessing', ruleName: 'TokenGuessingRule' } as const;

export interface WrongTokenReporter {
  /** What a door of that service tells. */
  readonly at: (service: string) => (address: string) => void;
}

interface Tally {
  readonly sinceMs: number;
  times: number;
  nextTold: number;
}

const FIRST = LIMITS.wrong_tokens_free.value;
const ADDRESSES = LIMITS.token_addresses.value;
const HOUR_MS = 3_600_000;

export function createWrongTokenReporter(options: {
  readonly alerts: Pick<ProductAlerts, 'raise'>;
  readonly monotonicMs?: () => number;
}): WrongTokenReporter {
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const tallies = new Map<string, Tally>();
  return {
    at: (service) => (address) => {
      const nowMs = monotonicMs();
      const key = `${service} ${address}`;
      let tally = tallies.get(key);
      tallies.delete(key);
      if (tally === undefined || nowMs - tally.sinceMs >= HOUR_MS)
        tally = { sinceMs: nowMs, times: 0, nextTold: FIRST };
      tallies.set(key, tally);
      if (tallies.size > ADDRESSES) tallies.delete(tallies.keys().next().value as string);
      tally.times += 1;
      if (tally.times < tally.nextTold) return;
      tally.nextTold *= 10;
      void options.alerts.raise({
        ...TOKEN_RULE,
        entity: { source_ip: address },
        severity: tally.times >= FIRST * 10 ? 'high' : 'medium',
        summary: `${tally.times} wrong tokens were shown to ${service} from ${address} within the hour. What to do: look who uses that address; make a new API_TOKEN if one may have been guessed`,
        times: tally.times,
      });
    },
  };
}
