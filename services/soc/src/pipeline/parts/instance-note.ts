import path from 'node:path';
import {
  removeRunningInstance,
  writeRunningInstance,
  type RunningInstance,
} from '../../running-instance.ts';
import type { Host } from '../host.ts';
import { keepWritten } from '../keep-written.ts';
import type { Part } from '../part.ts';

/** DATA_DIR/run.json, by which commands find the services. */
export const instanceNotePart: Part = {
  name: 'instance-note',
  async start(host, undo) {
    const { settings, pid } = host.options;
    const folder = settings.DATA_DIR;
    undo(() => removeRunningInstance(folder).catch(() => undefined));
    undo(
      await keepWritten({
        what: `write "${path.join(folder, 'run.json')}"`,
        write: () => writeRunningInstance(folder, { pid, urls: urlsOf(host) }),
        tell: host.tell,
      }),
    );
    return {};
  },
};

export function urlsOf({ urlOf }: Pick<Host, 'urlOf'>): RunningInstance['urls'] {
  return {
    detection: urlOf('detection'),
    response: urlOf('response'),
    enricher: urlOf('enricher'),
    console: urlOf('console'),
  };
}
