/** The response service: alerts in, decisions out; a ledger of what is in force. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import {
  ConfigError,
  LIMITS,
  type IpAddress,
  type IpRange,
  type LimitListener,
  type ResponseAction,
  type Severity,
} from '@mini-soc/model';
import { createHttpApp, type HttpApp, type Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { createAuditTrail } from './audit-trail.ts';
import { createSimulateBlocker } from './blockers/simulate.ts';
import { openLedger, type Ledger } from './ledger.ts';
import { refusedAllowRange } from './may-block.ts';
import { createResponseMetrics } from './metrics.ts';
import { createResponder } from './respond.ts';
import { createRotatingLog } from './rotating-log.ts';
import { allowlistRoutes } from './routes/allowlist.ts';
import { blockedRoutes } from './routes/blocked.ts';
import { respondRoutes } from './routes/respond.ts';

export { readOwnAddresses } from './own-addresses.ts';

export interface ResponseOptions {
  readonly store: Pick<Store, 'appendBlock' | 'listBlocks'>;
  readonly dataDirectory: string;
  readonly settings: {
    readonly token: string;
    readonly mode: 'simulate';
    readonly levels: Readonly<Record<Severity, ResponseAction>>;
    readonly allowlist: readonly IpRange[];
    readonly blockPrivate: boolean;
    readonly blocksPerMinute: number;
    readonly maxAlertAgeMs: number;
    readonly blockDurationMs: number;
  };
  /** Asked before each decision. */
  readonly ownAddresses: () => readonly IpAddress[];
  readonly now: () => Date;
  /** A clock that never goes back, milliseconds: how long blocks last is measured on it. */
  readonly monotonicMs?: () => number;
  /** Told when a limit cuts something; it is counted in any case. */
  readonly onLimit?: LimitListener;
  readonly logger: Logger;
  readonly version: string;
}

export interface ResponseService {
  readonly app: HttpApp;
  /** Lifts what expired or became protected while we were down, then watches the time. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const TICK_MS = 1000;
const LOG_BYTES = LIMITS.log_bytes.value;
const LOGS_KEPT = LIMITS.logs_kept.value;
/** 100 years: the longest a duration of the settings can be. */
const LONGEST_MS = 36_500 * 86_400_000;

/**
 * Opens the ledger; nothing listens. Throws UsageError when the ledger cannot be opened, ConfigError for
 * an allow list that would protect everybody, RangeError for numbers out of range.
 */
export async function buildResponse(options: ResponseOptions): Promise<ResponseService> {
  const { settings, now, logger } = options;
  checkSettings(settings);
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  /** What the journal makes the ledger forget while it is read was counted before. */
  const early: { tell: LimitListener } = { tell: () => undefined };
  const ledger = await openLedger({
    directory: options.dataDirectory,
    now,
    monotonicMs,
    logger,
    onLimit: (name, times) => early.tell(name, times),
  });
  await reportDamage(ledger, now(), logger);
  const blocker = createSimulateBlocker();
  const log = (name: string) =>
    createRotatingLog({
      file: path.join(options.dataDirectory, name),
      maxBytes: LOG_BYTES,
      keep: LOGS_KEPT,
      onLimit: metrics.onLimit,
    });
  const auditTrail = createAuditTrail({ ledger, store: options.store, logger });
  const metrics = createResponseMetrics({
    activeBlocks: ledger.blocks.count,
    auditPending: () => ledger.pendingAudit().length,
    damagedEntries: () => ledger.problems.length,
    ...(options.onLimit === undefined ? {} : { onLimit: options.onLimit }),
  });
  early.tell = metrics.onLimit;
  const responder = createResponder({
    ledger,
    blocker,
    auditTrail,
    policy: () => ({
      ...settings,
      allowlist: [...settings.allowlist, ...ledger.allowed()],
      ownAddresses: options.ownAddresses(),
    }),
    alertLog: log('alerts.ndjson'),
    ticketLog: log('tickets.ndjson'),
    metrics,
    now,
    logger,
  });
  const app = await createHttpApp({
    name: 'response',
    version: options.version,
    logger,
    token: settings.token,
    registry: metrics.registry,
    ready: async () => describeParts(ledger),
    health: () => ({ mode: settings.mode, active_blocks: ledger.blocks.count() }),
  });
  await respondRoutes(app, { responder });
  await blockedRoutes(app, { ledger, responder, store: options.store });
  await allowlistRoutes(app, {
    ledger,
    responder,
    fixed: settings.allowlist,
    onLimit: metrics.onLimit,
  });

  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    try {
      await responder.liftExpired('Its time was over');
    } catch (err) {
      logger.error({ err }, 'Expired blocks could not be lifted');
    }
    if (ledger.pendingAudit().length > 0) await auditTrail.flush();
  };
  const tick = (): void => {
    ticking ??= work().finally(() => {
      ticking = undefined;
    });
  };
  return {
    app,
    async start() {
      await responder.liftExpired('It ended while the service was down');
      const lifted = await responder.liftProtected();
      if (lifted.length > 0)
        logger.warn({ lifted: lifted.length }, 'Blocks on protected addresses were lifted');
      timer ??= setInterval(tick, TICK_MS).unref();
      tick();
    },
    async stop() {
      clearInterval(timer);
      await app.close();
      await ticking;
      await responder.settle();
      await auditTrail.flush();
      await ledger.close();
    },
  };
}

function checkSettings(settings: ResponseOptions['settings']): void {
  const faults = settings.allowlist.flatMap((range) => {
    const refused = refusedAllowRange(range);
    return refused === undefined ? [] : [`RESPONSE_ALLOWLIST  ${refused}`];
  });
  if (faults.length > 0) throw new ConfigError(faults);
  const { blockDurationMs, maxAlertAgeMs, blocksPerMinute } = settings;
  const bounds = { blockDurationMs, maxAlertAgeMs, blocksPerMinute };
  for (const [name, value] of Object.entries(bounds))
    if (!Number.isInteger(value) || value < 1 || value > LONGEST_MS)
      throw new RangeError(
        `Cannot build the response service: ${name} must be a whole number from 1 to ${LONGEST_MS}: current value is ${value}`,
      );
}

/** Damage goes to the log and, once, to the audit trail. */
async function reportDamage(ledger: Ledger, at: Date, logger: Logger): Promise<void> {
  for (const problem of ledger.problems) {
    logger.error({ problem }, 'The ledger is damaged');
    await ledger.addAudit({
      '@timestamp': at.toISOString(),
      block_id: createHash('sha256')
        .update(`${problem} ${at.toISOString()}`)
        .digest('base64url')
        .slice(0, 22),
      kind: 'damaged',
      action_taken: problem,
      details: { kept_as: 'ledger.ndjson.damaged' },
    });
  }
}

function describeParts(ledger: Ledger) {
  const failure = ledger.failure();
  const damaged = ledger.problems.length;
  const waiting = ledger.pendingAudit().length;
  return {
    ready: failure === undefined,
    parts: {
      ledger:
        failure ??
        (damaged === 0
          ? 'Ledger is sound'
          : `Ledger had ${damaged} damaged ${damaged === 1 ? 'entry' : 'entries'} at the start`),
      audit:
        waiting === 0 ? 'Audit trail is written' : `${waiting} audit documents wait for the store`,
    },
  };
}
