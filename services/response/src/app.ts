/** The response service: alerts in, decisions out; a ledger of what is in force. */
import {
  AppError,
  ConfigError,
  LIMITS,
  type Act,
  type IpAddress,
  type LimitListener,
} from '@mini-soc/model';
import {
  createHttpApp,
  type Fetch,
  type HttpApp,
  type HttpFace,
  type Logger,
} from '@mini-soc/service-kit';
import { openFirewall } from './enforce/open-firewall.ts';
import { openRemotePoints } from './enforce/open-followers.ts';
import type { Point } from './enforce/point.ts';
import { POINTS } from './enforce/points.ts';
import type { RunCommand } from './enforce/run-command.ts';
import { createSimulateBlocker } from './enforce/simulate.ts';
import { openActiveResponse, type ActiveResponse } from './active-response.ts';
import type { TrailStore } from './respond/compare-with-trail.ts';
import { describeParts } from './describe-parts.ts';
import { forwardRequest } from './replica/forward-request.ts';
import type { Ledger } from './ledger/ledger.ts';
import { refusedAllowRange } from './decide/may-block.ts';
import { createResponseMetrics, type PointHealth } from './metrics.ts';
import { lastLedger, openReplica } from './replica/replica.ts';
import { toActDocument } from './respond/act-documents.ts';
import { actRoutes } from './routes/acts.ts';
import { breakerRoutes } from './routes/breaker.ts';
import { auditRoutes } from './routes/audit.ts';
import { allowlistRoutes } from './routes/allowlist.ts';
import { blockedRoutes } from './routes/blocked.ts';
import { rememberOwnAddresses } from './decide/own-addresses.ts';
import type { Surroundings } from './decide/surroundings.ts';
import type { Responder } from './respond/respond.ts';
import { respondRoutes } from './routes/respond.ts';
import type { ResponseSettings } from './response-settings.ts';
import { watchBlocker } from './enforce/watch-blocker.ts';

export { readBootId } from './ledger/clocks.ts';
export { readOwnAddresses } from './decide/own-addresses.ts';
export type { Verification } from './respond/verify-audit.ts';
export { verifyLedger } from './ledger/verify-ledger.ts';
export { surroundingsOf } from './decide/surroundings.ts';
export { responseSettingsOf } from './response-settings.ts';

export interface ResponseOptions {
  readonly store: TrailStore;
  readonly dataDirectory: string;
  readonly settings: ResponseSettings;
  /** Starts the firewall's program; for tests. */
  readonly runCommand?: RunCommand;
  /** Enforcement points there are, when not all of them; for tests. */
  readonly points?: readonly Point[];
  /**
   * Several processes share the data folder: where the others reach this one (no path), and how it
   * reaches them. Absent: this process is the only one.
   */
  readonly replica?: { readonly url: string; readonly fetch?: Fetch };
  /** Asked before a decision, unless it was asked a few seconds ago. */
  readonly ownAddresses: () => readonly IpAddress[];
  /** Whom this machine lives with: not blocked either. Absent: only its own addresses are protected. */
  readonly surroundings?: Surroundings;
  readonly now: () => Date;
  /** A clock that never goes back, milliseconds: how long blocks last is measured on it. */
  readonly monotonicMs?: () => number;
  /**
   * Names the run of the system in which `monotonicMs` can be compared between processes. Absent: what
   * passed between two processes is told by the wall clock.
   */
  readonly boot?: string | undefined;
  /** Told when a limit cuts something; it is counted in any case. */
  readonly onLimit: LimitListener;
  /** The disk has no room for the ledger: true when some was made. */
  readonly onNoSpace?: () => Promise<boolean>;
  readonly logger: Logger;
  readonly version: string;
  /** Names and certificate of our own app, as a process of its own. */
  readonly http?: HttpFace;
}

export interface ResponseService {
  readonly app: HttpApp;
  /** What `POST /respond` does, for callers of the same process. Throws AppError, retryable. */
  readonly respond: Responder['respond'];
  /** The same for many at once, with one write for many. */
  readonly respondAll: Responder['respondAll'];
  /** What `POST /acts` does. Throws AppError, retryable. */
  readonly note: (act: Act) => Promise<void>;
  /** How blocks are enforced: `simulate`, `nftables`, `iptables` or `ufw`. */
  readonly enforcedBy: string;
  /**
   * Lifts what expired or became protected while we were down, makes the firewall equal to the ledger,
   * then watches the time. A replica that finds the lease taken stands by.
   */
  readonly start: () => Promise<void>;
  /** Blocks stay in the firewall: a restart must not open the gate. */
  readonly stop: () => Promise<void>;
}

/** Names and routes are asked anew. */
const REFRESH_MS = LIMITS.surroundings_ms.value;
/** 100 years: the longest a duration of the settings can be. */
const LONGEST_MS = 36_500 * 86_400_000;

/**
 * Opens the ledger; nothing listens. Throws UsageError when the ledger cannot be opened or no firewall
 * can be used, ConfigError for an allow list that would protect everybody, RangeError for numbers out of
 * range.
 */
export async function buildResponse(options: ResponseOptions): Promise<ResponseService> {
  const { settings, now, logger, surroundings } = options;
  checkSettings(settings);
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const ownAddresses = rememberOwnAddresses(options.ownAddresses, monotonicMs);
  const ledgerOf = (): Ledger | undefined => active()?.ledger;
  const metrics = createResponseMetrics({
    activeBlocks: () => ledgerOf()?.blocks.count() ?? 0,
    auditPending: () => ledgerOf()?.auditCount() ?? 0,
    damagedEntries: () => ledgerOf()?.problems.length ?? 0,
    holds: () => (active() === undefined ? 0 : 1),
    heldBack: () => active()?.breaker.open().length ?? 0,
    points: () => pointsHealth(),
    onLimit: options.onLimit,
  });
  const points = options.points ?? POINTS;
  const isSimulated = settings.mode === 'simulate';
  const blocker = watchBlocker(
    isSimulated
      ? createSimulateBlocker()
      : await openFirewall(settings.firewall, options.runCommand, points),
    metrics,
  );
  const remotePoints = isSimulated
    ? []
    : await openRemotePoints(points, { settings, fetch, logger });
  if (!blocker.isSimulated)
    logger.info({ firewall: blocker.name }, 'Blocks are enforced by a firewall');
  const open = (
    fileName: string | undefined,
    assertHeld: () => Promise<void>,
  ): Promise<ActiveResponse> =>
    openActiveResponse({
      directory: options.dataDirectory,
      ...(fileName === undefined ? {} : { fileName }),
      store: options.store,
      blocker,
      remotePoints,
      policy: () => ({
        ...settings,
        ownAddresses: ownAddresses.present(),
        ...(surroundings === undefined ? {} : { guarded: surroundings.present() }),
      }),
      refresh: ownAddresses.again,
      metrics,
      onLimit: metrics.onLimit,
      now,
      monotonicMs,
      boot: options.boot,
      logger,
      assertHeld,
      ...(options.onNoSpace === undefined ? {} : { onNoSpace: options.onNoSpace }),
    });
  const replica =
    options.replica === undefined
      ? undefined
      : await openReplica({
          directory: options.dataDirectory,
          url: options.replica.url,
          openActiveResponse: open,
          monotonicMs,
          logger,
        });
  const alone =
    replica === undefined
      ? await open(await lastLedger(options.dataDirectory), async () => undefined)
      : undefined;
  const active = (): ActiveResponse | undefined => alone ?? replica?.active();
  const pointsHealth = (): readonly PointHealth[] => {
    const present = active();
    if (present === undefined || blocker.isSimulated) return [];
    const local = { name: blocker.name, ok: blocker.failure() === undefined, behind: 0 };
    return [local, ...present.followers()];
  };
  const requireActive = (): ActiveResponse => {
    const present = active();
    if (present === undefined)
      throw new AppError('LEASE_PENDING', 'Cannot answer: this process stands by', {
        retryable: true,
      });
    return present;
  };
  const app = await createHttpApp({
    ...options.http,
    name: 'response',
    version: options.version,
    logger,
    token: settings.token,
    registry: metrics.registry,
    ready: async () =>
      describeParts({
        active: active(),
        blocker,
        holderUrl: replica?.holderUrl(),
        isReplica: replica !== undefined,
      }),
    health: () => ({
      mode: settings.mode,
      firewall: blocker.name,
      ...(replica === undefined ? {} : { holds_lease: active() !== undefined }),
      ...(active() === undefined ? {} : { active_blocks: ledgerOf()?.blocks.count() }),
    }),
  });
  if (replica !== undefined) {
    const own = new Set(['/health', '/ready', '/metrics']);
    app.addHook('preHandler', async (request, reply) => {
      const route = request.routeOptions.url;
      if (route === undefined || own.has(route) || route.startsWith('/docs')) return undefined;
      if ((await replica.confirmedActive()) !== undefined) return undefined;
      return forwardRequest(request, reply, {
        url: replica.holderUrl(),
        token: settings.token,
        fetch: options.replica?.fetch ?? fetch,
      });
    });
  }
  await respondRoutes(app, { responder: () => requireActive().responder });
  await blockedRoutes(app, { active: requireActive, store: options.store, now });
  const note = async (act: Act): Promise<void> => requireActive().note(toActDocument(act));
  await actRoutes(app, { note });
  await breakerRoutes(app, { active: requireActive, now });
  auditRoutes(app, { active: requireActive, store: options.store });
  await allowlistRoutes(app, {
    active: requireActive,
    fixed: settings.allowlist,
    onLimit: metrics.onLimit,
    now,
  });
  let refreshing: NodeJS.Timeout | undefined;
  return {
    app,
    note,
    respond: (alert) => requireActive().responder.respond(alert),
    respondAll: (alerts) => requireActive().responder.respondAll(alerts),
    enforcedBy: blocker.name,
    async start() {
      await surroundings?.refresh();
      refreshing = setInterval(() => void surroundings?.refresh(), REFRESH_MS).unref();
      await alone?.start();
      await replica?.start();
    },
    async stop() {
      clearInterval(refreshing);
      await app.close();
      await alone?.stop();
      await replica?.stop();
    },
  };
}

function checkSettings(settings: ResponseOptions['settings']): void {
  const faults = settings.allowlist.flatMap((range) => {
    const refused = refusedAllowRange(range);
    return refused === undefined ? [] : [`RESPONSE_ALLOWLIST  ${refused}`];
  });
  if (faults.length > 0) throw new ConfigError(faults);
  const { blockDurationMs, maxBlockDurationMs, maxAlertAgeMs, blocksPerMinute } = settings;
  const bounds = { blockDurationMs, maxBlockDurationMs, maxAlertAgeMs, blocksPerMinute };
  for (const [name, value] of Object.entries(bounds))
    if (!Number.isInteger(value) || value < 1 || value > LONGEST_MS)
      throw new RangeError(
        `Cannot build the response service: ${name} must be a whole number from 1 to ${LONGEST_MS}: current value is ${value}`,
      );
}
