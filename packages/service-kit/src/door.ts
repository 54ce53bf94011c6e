/**
 * Who may come in: judges the token of a request, waits where wrong ones came before, counts and tells them,
 * and remembers for the request who asks.
 */
import { isIP } from 'node:net';
import type { Permission } from '@mini-soc/model';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { Counter, type Registry } from 'prom-client';
import { ANYBODY, createAccess, LOCAL_HOLDER, type CallerToken, type Holder } from './access.ts';
import { createLimitCounter } from './limit-counter.ts';
import { FOR_ADDRESS, FOR_TOKEN } from './on-behalf.ts';
import { isFromOwnSocket } from './own-socket.ts';
import { pause } from './pause.ts';
import { createTokenLine } from './token-line.ts';

/** What a door knows besides the token of those who may do everything. */
export interface DoorSettings {
  readonly lookToken?: string;
  readonly callers?: readonly CallerToken[];
  /** Told of each wrong token; must return at once and never throw. */
  readonly onWrongToken?: (address: string) => void;
}

export interface DoorOptions extends DoorSettings {
  readonly token: string;
  readonly registry: Registry;
  readonly logger: FastifyBaseLogger;
  /** A clock that never goes back, milliseconds. */
  readonly monotonicMs?: () => number;
}

/** Who asks, from where: what is written down of an act. */
export interface Asker extends Pick<Holder, 'name' | 'may'> {
  readonly address: string;
  /** The service that asks in his name. */
  readonly via?: string;
}

export type Judgement =
  | { readonly kind: 'known'; readonly holder: Holder }
  | { readonly kind: 'wrong' }
  /** Too many wait: nobody has looked at it. */
  | { readonly kind: 'unread' };

export interface Door {
  /** No token is asked for. */
  readonly isOpen: boolean;
  /** Resolves after the wait that wrong tokens from the address have brought about. */
  readonly judge: (token: string, address: string) => Promise<Judgement>;
}

const NO_END = new AbortController().signal;
const askers = new WeakMap<FastifyRequest, Asker>();

/** Who asks. Throws TypeError for a request that did not pass a door. */
export function askerOf(request: FastifyRequest): Asker {
  const asker = askers.get(request);
  if (asker === undefined) throw new TypeError('Nobody has let this request in');
  return asker;
}

export function createDoor(options: DoorOptions): Door {
  const access = createAccess(options);
  const line = createTokenLine(
    options.monotonicMs ?? (() => performance.now()),
    createLimitCounter(options.registry, ['service-kit']),
  );
  const failures = new Counter({
    name: 'soc_token_failures_total',
    help: 'Wrong tokens that were shown',
    registers: [options.registry],
  });
  return {
    isOpen: access.isOpen,
    async judge(token, address) {
      const known = access.find(token);
      if (known?.isStrong === true) return { kind: 'known', holder: known.holder };
      const waitMs = line.take(address);
      if (waitMs === undefined) {
        failures.inc();
        options.onWrongToken?.(address);
        return { kind: 'unread' };
      }
      if (known === undefined) {
        failures.inc();
        options.logger.warn({ address }, 'A wrong token was shown');
        options.onWrongToken?.(address);
      }
      if (waitMs > 0) await pause(waitMs, NO_END, { ref: false });
      if (known === undefined) return { kind: 'wrong' };
      line.giveBack(address);
      return { kind: 'known', holder: known.holder };
    },
  };
}

export type Entry =
  | { readonly kind: 'in'; readonly asker: Asker }
  | { readonly kind: 'no-token' }
  | { readonly kind: 'unread' };

/** Judges a request; whoever is let in is its asker from then on. */
export async function enter(
  request: FastifyRequest,
  door: Door,
  authorize: ((request: FastifyRequest) => Holder | undefined) | undefined,
): Promise<Entry> {
  const holder = await holderOf(request, door, authorize);
  if (holder === 'unread') return { kind: 'unread' };
  if (holder === undefined) return { kind: 'no-token' };
  const asker = holder.isService
    ? await inTheNameOf(request, door, holder)
    : { name: holder.name, may: holder.may, address: addressOf(request) };
  if (asker === undefined) return { kind: 'no-token' };
  askers.set(request, asker);
  return { kind: 'in', asker };
}

/** For routes that need no token: anybody, who may nothing but what these do. */
export function enterOpenRoute(request: FastifyRequest): void {
  askers.set(request, { name: ANYBODY.name, may: [], address: addressOf(request) });
}

export function isAllowed(asker: Asker, needed: Permission): boolean {
  return asker.may.includes(needed);
}

async function holderOf(
  request: FastifyRequest,
  door: Door,
  authorize: ((request: FastifyRequest) => Holder | undefined) | undefined,
): Promise<Holder | undefined | 'unread'> {
  if (isFromOwnSocket(request.raw.socket)) return LOCAL_HOLDER;
  const token = bearerOf(request);
  if (token === undefined) return authorize?.(request) ?? (door.isOpen ? ANYBODY : undefined);
  const judged = await door.judge(token, addressOf(request));
  if (judged.kind === 'known') return judged.holder;
  if (door.isOpen) return ANYBODY;
  return judged.kind === 'unread' ? 'unread' : undefined;
}

/** A service that names nobody asks for itself. */
async function inTheNameOf(
  request: FastifyRequest,
  door: Door,
  service: Holder,
): Promise<Asker | undefined> {
  const address = oneHeader(request, FOR_ADDRESS);
  if (address === undefined)
    return { name: service.name, may: service.may, address: addressOf(request) };
  if (isIP(address) === 0) return undefined;
  const token = oneHeader(request, FOR_TOKEN);
  const judged = token === undefined ? undefined : await door.judge(token, addressOf(request));
  const person =
    judged?.kind === 'known' && !judged.holder.isService
      ? judged.holder
      : door.isOpen
        ? ANYBODY
        : undefined;
  return person === undefined
    ? undefined
    : { name: person.name, may: person.may, address, via: service.name };
}

function oneHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function bearerOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined || header === '') return undefined;
  return header.startsWith('Bearer ') ? header.slice('Bearer '.length) : '';
}

function addressOf(request: FastifyRequest): string {
  if (isFromOwnSocket(request.raw.socket)) return 'local';
  // A socket of the file system has no addresses, whatever the type says.
  const ip: string | undefined = request.ip;
  return ip === undefined ? 'local' : ip.replace(/^::ffff:(?=\d)/i, '');
}
