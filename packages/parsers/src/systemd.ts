/** Messages of systemd as the manager of units: what fails, what crashes, and what was made on the spot. */
import { bounded, type Draft } from './draft.ts';

export function parseSystemd(message: string, draft: Draft): boolean {
  if (message.length > 4096) return false;
  const failed = /^([A-Za-z0-9:_.\\@-]{1,255}): Failed with result '([a-z-]{2,32})'\.$/.exec(
    message,
  );
  if (failed !== null) {
    draft.reason = (failed[2] as string).replace(/-/g, '_');
    return note(failed[1] as string, 'unit_failed', 'failure', draft);
  }
  const killed =
    /^([A-Za-z0-9:_.\\@-]{1,255}): Main process exited, code=(?:dumped|killed), status=\d{1,3}\/(SEGV|ABRT|ILL|BUS|SYS|FPE)$/.exec(
      message,
    );
  if (killed !== null) {
    draft.reason = 'signal_' + (killed[2] as string).toLowerCase();
    return note(killed[1] as string, 'process_crashed', 'failure', draft);
  }
  // `systemd-run` makes such names, and writes what it runs behind them.
  const made = /^Started (run-[A-Za-z0-9-]{1,64}\.service)(?: - (.+))?$/.exec(
    message.charCodeAt(message.length - 1) === 46 ? message.slice(0, -1) : message,
  );
  if (made === null) return false;
  if (made[2] !== undefined) draft.command = bounded(draft, made[2]);
  return note(made[1] as string, 'unit_started', 'info', draft);
}

function note(unit: string, action: string, status: 'failure' | 'info', draft: Draft): true {
  draft.log_type = 'system';
  draft.action = action;
  draft.status = status;
  draft.extra = { unit: unit };
  return true;
}
