/** What is known of a line beside it. */
import type { IpRange } from '@mini-soc/model/ip-address';
import type { FileMemory } from './file-memory.ts';
import type { LogFormat } from './formats.ts';
import type { TimeContext } from './timestamp.ts';

export interface ParseContext extends TimeContext {
  /** What earlier lines of the same file told; without it each line stands for itself. */
  readonly memory?: FileMemory;
  readonly format?: LogFormat;
  /** Proxies in front of the web server: the client is the last hop before them. */
  readonly trustedProxies?: readonly IpRange[];
  /** `false`: nobody has said that this input holds events of ours, so their writer is not proven. */
  readonly isJsonTrusted?: boolean;
  /** Host of lines that name none. */
  readonly defaultHostname?: string;
  /** The line before it in the same file, for `last message repeated N times`, which says nothing by itself. */
  readonly previousLine?: string | undefined;
  /** Of a line inside another: when the other says that it was written (NaN: it does not). Taken where it names no time. */
  readonly writtenMs?: number;
}
