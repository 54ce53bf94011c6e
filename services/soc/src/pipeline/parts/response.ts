import {
  buildResponse,
  readBootId,
  readOwnAddresses,
  responseSettingsOf,
  surroundingsOf,
} from '@mini-soc/response';
import { VERSION } from '@mini-soc/service-kit';
import type { Part } from '../part.ts';

export const responsePart: Part = {
  name: 'response',
  async start(host, undo) {
    const { settings, now, monotonicMs } = host.options;
    const response = await buildResponse({
      store: host.store,
      dataDirectory: settings.DATA_DIR,
      settings: responseSettingsOf(settings),
      ownAddresses: readOwnAddresses,
      surroundings: surroundingsOf(settings, monotonicMs),
      onLimit: host.monitoring.limits.report,
      onNoSpace: host.take('reserve').giveUp,
      now,
      monotonicMs,
      boot: readBootId(),
      logger: host.logger('response'),
      version: VERSION,
      http: host.faceOf('response'),
    });
    undo(response.stop);
    await response.start();
    await host.listen(response.app, 'response', settings.RESPONSE_PORT, undo);
    host.give('response', response);
    return {};
  },
};
