import { buildDetection, detectionSettingsOf, enrichmentRequestOf } from '@mini-soc/detection';
import { VERSION } from '@mini-soc/service-kit';
import type { Part } from '../part.ts';

const RETENTION_INTERVAL_MS = 10 * 60_000;

export const detectionPart: Part = {
  name: 'detection',
  async start(host, undo) {
    const { settings, now, onAlert } = host.options;
    const enricher = host.take('enricher');
    const detection = await buildDetection({
      store: host.store,
      rules: host.rules,
      ruleFaults: host.ruleFaults,
      ruleExceptions: host.ruleExceptions,
      lists: host.lists,
      settings: detectionSettingsOf(settings, RETENTION_INTERVAL_MS),
      // A block waits for it: without HTTP it takes half the time.
      responder: host.take('response'),
      seesAllArrivals: true,
      enricher: {
        isAtHand: settings.RETRIEVAL === 'words',
        enrich: (alert) => enricher.enrich(enrichmentRequestOf(alert)),
      },
      onAlert: host.alerts.publish,
      onCycle: host.cycles.publish,
      parts: host.readiness,
      monitoring: host.monitoring,
      now,
      logger: host.logger('detection'),
      version: VERSION,
    });
    undo(detection.stop);
    host.alerts.subscribe((alert) => {
      if (alert.self_test !== true) onAlert?.(alert);
    });
    await host.listen(detection.app, 'detection', settings.DETECTION_PORT, undo);
    host.give('detection', detection);
    return { begin: detection.start };
  },
};
