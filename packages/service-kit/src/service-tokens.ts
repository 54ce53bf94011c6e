/** Which token a service shows to another, and which it knows of those that call it. */
import { randomBytes } from 'node:crypto';
import { SERVICE_PAIRS, type CalledService, type Settings } from '@mini-soc/model';
import type { CallerToken } from './access.ts';
import type { DoorSettings } from './door.ts';

type Called = CalledService['name'];

/** What the door of a service knows by the settings. */
export function doorSettingsOf(settings: Settings, service: string): DoorSettings {
  return {
    lookToken: settings.API_TOKEN_LOOK,
    callers: callersOf(service, (caller) => settings.CALLER_TOKENS.get(caller) ?? ''),
  };
}

/** What is shown to that service: the pair's own token, else that of the people. */
export function callTokenOf(settings: Settings, called: Called): string {
  return settings.CALL_TOKENS.get(called) ?? settings.API_TOKEN;
}

/** A token for each pair of services of one process: made at its start, known to nobody else. */
export interface PairTokens {
  readonly show: (caller: string, called: Called) => string;
  readonly callersOf: (called: string) => readonly CallerToken[];
}

export function makePairTokens(): PairTokens {
  const tokens = new Map(
    SERVICE_PAIRS.map(({ caller, called }) => [
      `${caller} ${called}`,
      randomBytes(32).toString('base64url'),
    ]),
  );
  const show = (caller: string, called: string): string => tokens.get(`${caller} ${called}`) ?? '';
  return { show, callersOf: (called) => callersOf(called, (caller) => show(caller, called)) };
}

function callersOf(service: string, tokenOf: (caller: string) => string): readonly CallerToken[] {
  return SERVICE_PAIRS.filter(({ called }) => called === service).flatMap(({ caller, may }) => {
    const token = tokenOf(caller);
    return token === '' ? [] : [{ name: caller, token, may }];
  });
}
