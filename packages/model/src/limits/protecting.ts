/** Limits of what is known about who must not be blocked, and of who may use up the room for blocks. */
import { limit, NO_CURE } from './limit.ts';

export const PROTECTING_LIMITS = {
  surroundings_ms: limit({
    part: 'response',
    value: 60000,
    unit: 'milliseconds',
    tells: 'none',
    what: 'time for which the hosts of our own addresses and the next hops of all routing tables are remembered',
    cut: 'they are asked for again; what was found last stays when there is no answer',
    cure: NO_CURE,
  }),
  sessions_ms: limit({
    part: 'response',
    value: 2000,
    unit: 'milliseconds',
    tells: 'none',
    what: 'time for which it is remembered who is logged in by ssh',
    cut: 'it is looked at again; a block of somebody who logged in meanwhile is lifted at the next comparison',
    cure: NO_CURE,
  }),
  room_of_64_percent: limit({
    part: 'response',
    value: 5,
    unit: 'percent',
    tells: 'none',
    what: 'share of the new blocks of a minute that one /64 of IPv6 may use',
    cut: 'further addresses of it wait, those of others do not',
    cure: NO_CURE,
  }),
  session_processes: limit({
    part: 'response',
    value: 20000,
    unit: 'processes',
    tells: 'none',
    what: 'processes looked at for open ssh sessions',
    cut: 'further ones are not looked at: who is logged in there may be blocked',
    cure: NO_CURE,
  }),
  session_files: limit({
    part: 'response',
    value: 256,
    unit: 'files',
    tells: 'none',
    what: 'open files looked at of a process of sshd',
    cut: 'further ones are not looked at',
    cure: NO_CURE,
  }),
  named_addresses: limit({
    part: 'response',
    value: 64,
    unit: 'addresses',
    tells: 'none',
    what: 'addresses one host of our own settings may have',
    cut: 'further ones are not protected',
    cure: NO_CURE,
  }),
} as const;
