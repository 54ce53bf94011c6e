/** A response service on a folder of its own, with clocks the test moves. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ignoreLimits, parseIpAddress, type Alert, type IpAddress } from '@mini-soc/model';
import { createLogger } from '@mini-soc/service-kit';
import { createMemoryStore } from '@mini-soc/store/memory';
import { vi } from 'vitest';
import { makeAlert as makeAlertOf } from '../../../packages/model/test/make-alert.ts';
import { buildResponse, type ResponseOptions, type ResponseService } from '../src/app.ts';
import type { ResponsePolicy } from '../src/decide/decide.ts';
import { openLedger, type Ledger, type LedgerOptions } from '../src/ledger/ledger.ts';

export const START = Date.parse('2026-03-01T12:00:00.000Z');
export const HOUR_MS = 3_600_000;
export const silentLogger = createLogger({ name: 'test', level: 'silent' });

/** Waits until the check throws no more; however slow the machine is. */
export function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000 });
}

export function ip(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (address === undefined) throw new TypeError(`Not an address: ${text}`);
  return address;
}

export const POLICY: ResponsePolicy = {
  levels: { low: 'ignore', medium: 'block', high: 'block', critical: 'block' },
  allowlist: [],
  blockPrivate: false,
  blocksPerMinute: 300,
  asksForProof: false,
  maxAlertAgeMs: HOUR_MS,
  blockDurationMs: HOUR_MS,
  maxBlockDurationMs: 168 * HOUR_MS,
  ownAddresses: [],
};

const { ownAddresses: _read, ...POLICY_SETTINGS } = POLICY;
/** Settings of a service that touches no firewall. */
export const SETTINGS: ResponseOptions['settings'] = {
  ...POLICY_SETTINGS,
  token: '',
  mode: 'simulate',
  firewall: 'auto',
};

/** An alert of the last minute that would block 203.0.113.7. */
export function makeAlert(
  change: Partial<Alert> = {},
  details: Partial<Alert['details']> = {},
): Alert {
  const at = new Date(START).toISOString();
  return makeAlertOf(
    {
      '@timestamp': at,
      alert_id: 'alert-1',
      severity: 'high',
      risk_score: 70,
      event_count: 12,
      ...change,
    },
    { peak_count: 12, history: [{ at, severity: 'high', event_count: 12 }], ...details },
  );
}

export interface Clock {
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  readonly boot: () => string;
  /** The system is started again: its monotonic clock begins anew; no time passes. */
  readonly reboot: () => void;
  /** Time passes. */
  readonly advance: (ms: number) => void;
  /** Somebody sets the clock; no time passes. */
  readonly set: (ms: number) => void;
}

export function createClock(): Clock {
  let wallMs = START;
  let runningMs = 5000;
  let boots = 1;
  return {
    boot: () => `boot-${boots}`,
    reboot() {
      boots += 1;
      runningMs = 1000;
    },
    now: () => new Date(wallMs),
    monotonicMs: () => runningMs,
    advance(ms) {
      wallMs += ms;
      runningMs += ms;
    },
    set(ms) {
      wallMs = ms;
    },
  };
}

export async function makeFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'response-'));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** The ledger of a folder as a new process reads it; who holds it already is not asked. */
export async function openLedgerOf(
  directory: string,
  clock: Clock,
  change: Partial<LedgerOptions> = {},
): Promise<Ledger> {
  return openLedger({
    directory,
    earlierBlocksMs: 24 * HOUR_MS,
    now: clock.now,
    monotonicMs: clock.monotonicMs,
    boot: clock.boot(),
    onLimit: ignoreLimits,
    logger: silentLogger,
    ...change,
  });
}

export type Store = ReturnType<typeof createMemoryStore>;

export interface BuildChange {
  readonly folder: string;
  readonly clock: Clock;
  readonly store?: ResponseOptions['store'];
  readonly settings?: Partial<ResponseOptions['settings']>;
  readonly ownAddresses?: readonly IpAddress[];
  readonly runCommand?: ResponseOptions['runCommand'];
  readonly replica?: ResponseOptions['replica'];
  readonly points?: ResponseOptions['points'];
}

export async function build(change: BuildChange): Promise<ResponseService> {
  return buildResponse({
    store: change.store ?? createMemoryStore(),
    dataDirectory: change.folder,
    settings: { ...SETTINGS, ...change.settings },
    ...(change.runCommand === undefined ? {} : { runCommand: change.runCommand }),
    ...(change.replica === undefined ? {} : { replica: change.replica }),
    ...(change.points === undefined ? {} : { points: change.points }),
    ownAddresses: () => change.ownAddresses ?? [],
    now: change.clock.now,
    monotonicMs: change.clock.monotonicMs,
    boot: change.clock.boot(),
    onLimit: ignoreLimits,
    logger: silentLogger,
    version: 'test',
  });
}
