/** Many writes with an outcome for each, in requests of bounded size, repeated while that can help. */
import type { Connection } from './connection.ts';
import { describeFailure, describeRefusal, type Refusal } from './describe-failure.ts';

const MAX_OPERATIONS = 5000;
const MAX_BYTES = 5 * 1_048_576;

export interface BulkOperation {
  readonly kind: 'create' | 'index' | 'delete';
  readonly index: string;
  readonly id: string;
  /** Refused with 409 when the document is not at this version. */
  readonly onlyAt?: { readonly seqNo: number; readonly primaryTerm: number };
  /** JSON text; none to delete. */
  readonly document?: string;
}

/** Status 2xx, 404 (nothing to delete), 409 (exists, or has another version) or 400 (cannot be stored). */
export interface BulkOutcome {
  readonly status: number;
  /** Why not, for 400. */
  readonly reason: string;
}

interface BulkResponse {
  readonly items: readonly Readonly<
    Record<
      string,
      {
        readonly status: number;
        readonly error?: {
          readonly type: string;
          readonly reason?: string;
          readonly caused_by?: { readonly reason?: string };
        };
      }
    >
  >[];
}

/**
 * An outcome for each operation, in order. Statuses 429 and 5xx are tried again, document by document;
 * a request whose answer was lost is sent again, so a `create` of it can come back as 409. Throws
 * StoreError when that does not help, or when the server refuses for a reason no document is at fault.
 */
export async function sendBulk(
  connection: Connection,
  action: string,
  operations: readonly BulkOperation[],
): Promise<readonly BulkOutcome[]> {
  const outcomes: BulkOutcome[] = [];
  for (let from = 0; from < operations.length;) {
    const lines: string[] = [];
    let bytes = 0;
    for (let at = from; at < operations.length && lines.length < MAX_OPERATIONS; at += 1) {
      const line = writeOperation(operations[at] as BulkOperation);
      const size = Buffer.byteLength(line);
      if (bytes > 0 && bytes + size > MAX_BYTES) break;
      lines.push(line);
      bytes += size;
    }
    outcomes.push(...(await sendLines(connection, action, lines)));
    from += lines.length;
  }
  return outcomes;
}

function writeOperation({ kind, index, id, onlyAt, document }: BulkOperation): string {
  const condition =
    onlyAt === undefined ? {} : { if_seq_no: onlyAt.seqNo, if_primary_term: onlyAt.primaryTerm };
  const header = JSON.stringify({ [kind]: { _index: index, _id: id, ...condition } });
  return document === undefined ? `${header}\n` : `${header}\n${document}\n`;
}

async function sendLines(
  connection: Connection,
  action: string,
  lines: readonly string[],
): Promise<readonly BulkOutcome[]> {
  const outcomes: BulkOutcome[] = lines.map(() => ({ status: 0, reason: '' }));
  let open = lines.map((_, index) => index);
  for (let attempt = 1; ; attempt += 1) {
    const again: number[] = [];
    let failure: Error | undefined;
    try {
      const response = await connection.sendOnce<BulkResponse>({
        action,
        method: 'POST',
        path: '/_bulk',
        query: {
          timeout: '10s',
          filter_path:
            'items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason',
        },
        lines: open.map((index) => lines[index]).join(''),
      });
      for (const [position, index] of open.entries()) {
        const item = Object.values(response.items[position] ?? {})[0];
        const refusal: Refusal = {
          status: item?.status ?? 500,
          type: item?.error?.type ?? 'error',
          reason: [item?.error?.reason, item?.error?.caused_by?.reason].filter(Boolean).join(': '),
        };
        if (isOutcome(refusal)) outcomes[index] = refusal;
        else {
          const told = describeRefusal(connection.url, action, refusal);
          if (!told.retryable) throw told;
          failure = told;
          again.push(index);
        }
      }
    } catch (cause) {
      const told = describeFailure(connection.url, action, cause);
      if (!told.retryable) throw told;
      failure = told;
      again.splice(0, again.length, ...open);
    }
    if (failure === undefined) return outcomes;
    open = again;
    if (!(await connection.pause(attempt))) throw failure;
  }
}

function isOutcome({ status, type }: Refusal): boolean {
  // A cluster that is out of shards answers 400 too, and no document is at fault.
  if (status === 400) return type !== 'validation_exception';
  return (status >= 200 && status < 300) || status === 409 || (status === 404 && type === 'error');
}
