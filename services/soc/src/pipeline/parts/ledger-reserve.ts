import type { Part } from '../part.ts';
import { createSpaceReserve } from '../space-reserve.ts';

/** Room on the disk for the ledger, whatever else fills it. */
export const ledgerReservePart: Part = {
  name: 'reserve',
  async start(host, undo) {
    const reserve = await createSpaceReserve(host.options.settings.DATA_DIR);
    undo(reserve.stop);
    host.give('reserve', reserve);
    return {};
  },
};
