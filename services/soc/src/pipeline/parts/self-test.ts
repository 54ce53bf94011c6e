import { createHostSelfTest } from '@mini-soc/detection';
import type { Part } from '../part.ts';
import { selfTestFileOf } from '../self-test-file.ts';

/** A made-up attack now and then, which every stage has to pass on. */
export const selfTestPart: Part = {
  name: 'self-test',
  async start(host, undo) {
    const { settings, now } = host.options;
    const selfTest = createHostSelfTest({
      file: selfTestFileOf(settings.DATA_DIR),
      reader: {
        name: 'the tailer',
        advice: 'look whether the data folder can be written and the disk has space',
      },
      rules: host.rules,
      intervalMs: settings.SELF_TEST_INTERVAL,
      monitoring: host.monitoring,
      now,
    });
    host.alerts.subscribe((alert) => {
      if (alert.self_test === true) selfTest.noteAlert(alert);
    });
    host.cycles.subscribe(selfTest.noteCycle);
    host.give('selfTest', selfTest);
    return {
      ready: selfTest.ready,
      begin: async () => {
        undo(selfTest.stop);
        await selfTest.start();
      },
    };
  },
};
