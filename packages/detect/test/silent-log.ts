import type { Log } from '../src/log.ts';

export const silentLog: Log = { debug: () => {}, warn: () => {}, error: () => {} };
