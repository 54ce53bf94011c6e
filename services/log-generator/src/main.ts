/** The process of the log generator. */
import { UsageError } from '@mini-soc/model';
import { runService, usesOf } from '@mini-soc/service-kit';
import { runGenerator } from './app.ts';

process.exitCode = await runService(process, {
  name: 'log-generator',
  uses: usesOf('log-generator'),
  start: async ({ settings, logger, signal, fail, undo }) => {
    const running = runGenerator({
      settings,
      directory: settings.GENERATOR_DIR,
      now: () => new Date(),
      signal,
      onAttack: ({ scenario, attackerIp }) =>
        logger.info({ scenario, attackerIp }, 'Attack is written'),
    });
    running.catch((error: unknown) =>
      fail(error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error),
    );
    undo(() => running.catch(() => undefined));
    logger.info({ directory: settings.GENERATOR_DIR }, 'Writing logs');
  },
});
process.exit();
