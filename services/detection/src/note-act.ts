/** What a person does here is logged, and handed to response for the trail. */
import type { Act } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Responder } from './outbox/response/response-lane.ts';

/** Returns at once and never throws: nobody waits for the trail. */
export function createActNote(
  responder: Pick<Responder, 'note'>,
  logger: Logger,
): (act: Act) => void {
  return (act) => {
    logger.info({ act }, 'A person changed an alert');
    responder
      .note?.(act)
      .catch((err: unknown) => logger.warn({ err, act }, 'The trail lacks what a person did'));
  };
}
