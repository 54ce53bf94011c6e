/** GET /audit/verification: whether ledger and trail are what was written. */
import type { HttpApp } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { settleStore, type ActiveResponse } from '../active-response.ts';
import { verifyAudit } from '../respond/verify-audit.ts';

export interface AuditRoutesOptions {
  /** What acts; throws while another process does. */
  readonly active: () => Pick<ActiveResponse, 'ledger'>;
  readonly store: Pick<Store, 'listBlocks'>;
}

export function auditRoutes(app: HttpApp, options: AuditRoutesOptions): void {
  app.get('/audit/verification', async () =>
    verifyAudit({ ledger: options.active().ledger, store: options.store, settle: settleStore }),
  );
}
