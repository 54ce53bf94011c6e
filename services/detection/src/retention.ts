/** Old events go: on a timer, never so early that a rule would miss, and counted. */
import { formatDuration, UsageError, type LimitListener } from '@mini-soc/model';
import { Counter, Gauge, type Logger, type Registry } from '@mini-soc/service-kit';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';

export interface RetentionSettings {
  /** Events older than this are deleted, milliseconds. */
  readonly ageMs: number;
  /** The oldest are deleted while the store is larger. */
  readonly maxBytes: number;
  readonly everyMs: number;
}

export interface RetentionOptions {
  readonly store: Pick<Store, 'retain' | 'lifecycle'>;
  readonly settings: RetentionSettings;
  readonly registry: Registry;
  readonly onLimit: LimitListener;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** Deletes at once and then again and again; the result ends that. A failure is tried again the next time. */
export function startRetention(options: RetentionOptions): () => Promise<void> {
  const { store, settings, logger } = options;
  logLifecycle(store.lifecycle, logger);
  const registers = [options.registry];
  const deleted = new Counter({
    name: 'soc_retention_deleted_events_total',
    help: 'Events deleted because of their age or the size of the store',
    registers,
  });
  const size = new Gauge({
    name: 'soc_retention_store_bytes',
    help: 'What the store took on the disk when old events were last deleted',
    registers,
  });
  const run = async (): Promise<void> => {
    try {
      const report = await store.retain(
        options.now().getTime() - settings.ageMs,
        settings.maxBytes,
      );
      deleted.inc(report.deletedEvents);
      size.set(report.sizeBytes);
      if (report.deletedForSize > 0) options.onLimit('retention_mebibytes', report.deletedForSize);
      if (report.deletedEvents > 0) logger.info({ ...report }, 'Old events were deleted');
    } catch (err) {
      logger.warn({ err }, 'Old events could not be deleted');
    }
  };
  let running = run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, settings.everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Says once who else deletes; the server's answer stands there when it is nobody. */
function logLifecycle(lifecycle: Store['lifecycle'], logger: Logger): void {
  if (lifecycle?.kind === 'policy')
    logger.info(
      { policy: lifecycle.name, deleteAfterDays: lifecycle.deleteAfterDays },
      'Old events are deleted here, and by the index lifecycle of the store when this process is away',
    );
  else if (lifecycle !== undefined)
    logger.info(
      { reason: lifecycle.reason },
      'Old events are deleted here alone: the store has no index lifecycle for them',
    );
}

/** For /ready, in one sentence. */
export function describeRetention(
  settings: RetentionSettings,
  lifecycle: NonNullable<Store['lifecycle']>,
): string {
  const here = `events older than ${formatDuration(settings.ageMs)} are deleted here`;
  return lifecycle.kind === 'policy'
    ? `${here}, and whole days after ${lifecycle.deleteAfterDays} days by the lifecycle policy ${lifecycle.name}`
    : `${here} alone: the store has no index lifecycle for them`;
}

/** Throws UsageError: a rule that looks back further than events are kept would miss without saying so. */
export function refuseShortRetention(rules: readonly Rule[], retentionMs: number): void {
  for (const rule of rules) {
    const reachMs = rule.query.windowMs + rule.suppressMs;
    if (rule.enabled && retentionMs < reachMs)
      throw new UsageError(
        `RETENTION_AGE must be at least ${formatDuration(reachMs)} for ${rule.name}, which looks back that far: current value is ${formatDuration(retentionMs)}`,
      );
  }
}
