import { createLogger, type Logger } from '@mini-soc/service-kit';

export const silentLogger: Logger = createLogger({ name: 'test', level: 'silent' });
