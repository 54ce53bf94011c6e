/** The response service: alerts in, decisions out; a ledger of what is in force. */
import path from 'node:path';
import type { IpAddress, IpRange, ResponseAction, Severity } from '@mini-soc/model';
import { createHttpApp, type HttpApp, type Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { createSimulateBlocker } from './blockers/simulate.ts';
import { openLedger } from './ledger.ts';
import { createResponder } from './respond.ts';
import { createRotatingLog } from './rotating-log.ts';
import { allowlistRoutes } from './routes/allowlist.ts';
import { blockedRoutes } from './routes/blocked.ts';
import { respondRoutes } from './routes/respond.ts';

export { readOwnAddresses } from './own-addresses.ts';

export interface ResponseOptions {
  readonly store: Store;
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
  readonly ownAddresses: () => readonly IpAddress[];
  readonly now: () => Date;
  readonly logger: Logger;
  readonly version: string;
}

export interface ResponseService {
  readonly app: HttpApp;
  /** Lifts what expired while we were down, then watches the time. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const EXPIRY_CHECK_MS = 1000;
const LOG_BYTES = 10 * 1_048_576;
const LOGS_KEPT = 5;

/** Throws UsageError when the ledger cannot be opened. */
export async function buildResponse(options: ResponseOptions): Promise<ResponseService> {
  const { settings, now } = options;
  const ledger = await openLedger(options.dataDirectory);
  for (const problem of ledger.problems) options.logger.error({ problem }, 'The ledger is damaged');
  const blocker = createSimulateBlocker();
  const log = (name: string) =>
    createRotatingLog({
      file: path.join(options.dataDirectory, name),
      maxBytes: LOG_BYTES,
      keep: LOGS_KEPT,
    });
  const responder = createResponder({
    ledger,
    blocker,
    store: options.store,
    policy: () => ({
      ...settings,
      allowlist: [...settings.allowlist, ...ledger.allowed()],
      ownAddresses: options.ownAddresses(),
    }),
    alertLog: log('alerts.ndjson'),
    ticketLog: log('tickets.ndjson'),
    now,
    logger: options.logger,
  });
  const app = await createHttpApp({
    name: 'response',
    version: options.version,
    logger: options.logger,
    token: settings.token,
    ready: async () => {
      const waiting = await responder.flushAudit();
      const ledgerState =
        ledger.problems.length === 0
          ? 'Ledger is sound'
          : `Ledger has ${ledger.problems.length} damaged entries`;
      return {
        ready: true,
        parts: {
          ledger: ledgerState,
          audit:
            waiting === 0
              ? 'Audit trail is written'
              : `${waiting} audit documents wait for the store`,
        },
      };
    },
    health: () => ({ mode: settings.mode, active_blocks: ledger.inForce(now()).length }),
  });
  await respondRoutes(app, { responder });
  await blockedRoutes(app, { ledger, responder, store: options.store, now });
  await allowlistRoutes(app, { ledger, responder, fixed: settings.allowlist, now });
  let timer: NodeJS.Timeout | undefined;
  let isLifting = false;
  const check = async (): Promise<void> => {
    if (isLifting) return;
    isLifting = true;
    try {
      await responder.liftExpired();
    } catch (err) {
      options.logger.error({ err }, 'Expired blocks could not be lifted');
    } finally {
      isLifting = false;
    }
  };
  return {
    app,
    async start() {
      await check();
      timer = setInterval(() => void check(), EXPIRY_CHECK_MS);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await app.close();
      await responder.flushAudit();
      await ledger.close();
    },
  };
}
