/** The ledger of an instance that does not run; its trail is in the store, which only runs with it. */
import path from 'node:path';
import { messageOf, UsageError } from '@mini-soc/model';
import { verifyLedger } from '@mini-soc/response';
import type { VerifyFiles } from './audit.ts';

export const verifyFiles: VerifyFiles = async (dataDirectory) => {
  const file = path.join(dataDirectory, 'ledger.ndjson');
  const found = await verifyLedger(file).catch((cause: unknown) => {
    throw new UsageError(`Cannot read the ledger "${file}": ${messageOf(cause)}`, { cause });
  });
  const { entries, unlinked, head, firstBreak, trail } = found;
  return {
    sound: firstBreak === undefined,
    ledger: {
      entries,
      unlinked,
      head,
      ...(firstBreak === undefined ? {} : { first_break: firstBreak }),
    },
    trail: {
      documents: 0,
      first: 0,
      last: trail.seq,
      unread: `not looked at, since nothing runs (the ledger made ${trail.seq} documents)`,
    },
  };
};
