/** What the embedded mode is given, and what it gives when it runs. */
import type { Alert, Settings } from '@mini-soc/model';
import type { Ingest, IngestCounts, LogSource } from '@mini-soc/ingest';
import type { Store } from '@mini-soc/store';
import type { ProcessFacts } from '../process-facts.ts';
import type { RunningInstance } from '../running-instance.ts';

export interface EmbeddedOptions extends ProcessFacts {
  readonly settings: Settings;
  readonly logs: readonly LogSource[];
  readonly logDestination?: string;
  /** Each alert as it is stored, new or changed. */
  readonly onAlert?: (alert: Alert) => void;
  /** A sentence now and then while the data folder of an earlier version is brought to this one. */
  readonly onProgress?: (sentence: string) => void;
  /** One plain sentence about something a person should know. */
  readonly onProblem: (sentence: string) => void;
  /** The product cannot go on (the database is damaged): stop and say this. */
  readonly onFatal: (error: Error) => void;
}

export interface Embedded {
  readonly store: Store;
  readonly urls: RunningInstance['urls'];
  readonly rules: number;
  /** How blocks are enforced: `simulate`, `nftables`, `iptables` or `ufw`. */
  readonly enforcedBy: string;
  readonly counts: () => Readonly<IngestCounts>;
  readonly notUnderstood: () => ReadonlyMap<string, number>;
  readonly files: Ingest['files'];
  /** Stops everything in order; what was read is stored. Idempotent. */
  readonly stop: () => Promise<void>;
}
