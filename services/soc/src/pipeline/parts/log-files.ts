import { hostname } from 'node:os';
import path from 'node:path';
import {
  createFailurePacer,
  createIngest,
  createSeenConnections,
  createSshPorts,
} from '@mini-soc/ingest';
import { createLimitCounter } from '@mini-soc/service-kit';
import { createIngestMetrics } from '@mini-soc/shipper';
import { createTailer } from '@mini-soc/tailer';
import type { Part } from '../part.ts';
import { selfTestFileOf } from '../self-test-file.ts';

/** Log files are followed, their lines become events, and detection sees them before they are stored. */
export const logFilesPart: Part = {
  name: 'log-files',
  async start(host, undo) {
    const { settings, logs, now, monotonicMs, onFatal, onProblem } = host.options;
    const { registry, limits } = host.monitoring;
    const onLimit = createLimitCounter(
      registry,
      ['tailer', 'parsers', 'store', 'embedded'],
      limits.report,
    );
    const selfTestFile = selfTestFileOf(settings.DATA_DIR);
    const { note, noteLine } = host.take('selfTest');
    const ingest = createIngest({
      store: host.store,
      zoneOffsetMinutes: host.zoneOffsetMinutes,
      observeArrivals: host.take('detection').observeArrivals,
      onLimit,
      selfTest: { owns: (file) => file === selfTestFile, noteLine, note },
      sources: logs,
      trustedProxies: settings.TRUSTED_PROXIES,
      confirm: {
        connections: createSeenConnections({ monotonicMs }),
        ownHosts: [hostname(), 'localhost'],
        trustedHosts: settings.TRUSTED_HOSTS,
        isBehindProxies: settings.TRUSTED_PROXIES.length > 0,
        sshPorts: createSshPorts(monotonicMs),
      },
    });
    const log = host.logger('embedded');
    const paced = createFailurePacer({
      onFatal,
      onRecovery: (failedMs) => {
        const sentence = `Storing works again after ${Math.ceil(failedMs / 1000)} s: reading goes on where it waited`;
        onProblem(sentence);
        log.info(sentence);
      },
    });
    const tailer = createTailer({
      patterns: [
        ...logs.map(({ pattern }) => pattern),
        ...(settings.SELF_TEST_INTERVAL === 0 ? [] : [selfTestFile]),
      ],
      registryPath: path.join(settings.DATA_DIR, 'tailer-registry.json'),
      positions: host.store.positions,
      onBatch: (batch) => paced(ingest.ingest(batch)),
      onProblem: host.tell,
      onLimit,
      now,
    });
    createIngestMetrics(registry, {
      counts: ingest.counts,
      stats: tailer.stats,
      confirmed: ingest.confirmed,
    });
    host.give('ingest', ingest);
    return {
      begin: async () => {
        undo(tailer.stop);
        await tailer.start();
      },
    };
  },
};
